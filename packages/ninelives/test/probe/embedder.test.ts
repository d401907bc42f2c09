import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { configFromFlags } from '../../src/config/load.js';
import type { ServiceConfig } from '../../src/config/service.js';
import { createGoldenStore } from '../../src/probe/golden.js';
import { readCounter } from '../../src/probe/progress.js';
import { runProbe } from '../../src/probe/run.js';
import { environment } from './bad-server.js';

const BIN = fileURLToPath(new URL('../../../../embedder/bin/ninelives-embedder.js', import.meta.url));
const BUILT = fileURLToPath(new URL('../../../../embedder/dist/src/main.js', import.meta.url));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await exit;
  clearTimeout(late);
}

test('the real embedder, as the flags configure it: loads, answers right, counts its work', {
  skip: existsSync(BUILT) ? false : 'packages/embedder is not built',
  timeout: 240_000,
}, async () => {
  const port = await freePort();
  const service = configFromFlags({ port }).services[0] as ServiceConfig;
  const child = spawn(process.execPath, [BIN, '--port', String(port)], { stdio: 'ignore' });
  try {
    const golden = createGoldenStore();
    const probe = (attempt: number) => runProbe(service.probe, environment({ attempt, golden }));
    const seen = new Set<string>();
    let outcome = await probe(0);
    // The first start may have to fetch the model.
    while (outcome.reason !== 'ok') {
      assert.equal(child.exitCode, null, `it ended: ${child.exitCode}`);
      seen.add(outcome.reason);
      await new Promise((resolve) => setTimeout(resolve, 100));
      outcome = await probe(0);
    }
    for (const reason of seen) assert.ok(['refused', 'reset', 'unavailable'].includes(reason), reason);

    const { progress } = service;
    assert.ok(progress !== null);
    const signal = new AbortController().signal;
    const before = await readCounter({ ...progress, fetch: globalThis.fetch, signal });
    for (const attempt of [0, 1, 2, 3]) {
      const again = await probe(attempt);
      assert.deepEqual([again.reason, again.detail], ['ok', '']);
    }
    const after = await readCounter({ ...progress, fetch: globalThis.fetch, signal });
    assert.ok(typeof before === 'number' && typeof after === 'number', JSON.stringify([before, after]));
    assert.equal(after - before, 12, 'three texts a probe');

    const other = await runProbe({ ...service.probe, model: 'no-such-model' }, environment());
    assert.equal(other.reason, 'misconfigured', other.detail);
    const length = await runProbe({ ...service.probe, options: { vectorLength: 1 } }, environment());
    assert.equal(length.reason, 'wrong', length.detail);
  } finally {
    await stop(child);
  }
});
