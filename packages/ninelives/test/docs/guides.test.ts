import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { parseConfig } from '../../src/config/load.js';
import { systemClock } from '../../src/host/system-clock.js';
import { createGoldenStore } from '../../src/probe/golden.js';
import { readCounter } from '../../src/probe/progress.js';
import { runProbe } from '../../src/probe/run.js';
import { STAND_INS, type StandIn, serve } from '../discover/stand-ins.js';
import { ROOT } from '../house/source.js';

const FOLDER = join(ROOT, 'docs', 'guides');
const API: { [guide: string]: StandIn } = {
  vllm: STAND_INS.vllm,
  tei: STAND_INS.tei,
  'llama-cpp': STAND_INS.llamacpp,
  ollama: STAND_INS.ollama,
  fastapi: STAND_INS.fastapi,
};

/** Each guide's own config, loaded, and asked of a server of that API's shape. */
describe('the guides', () => {
  it('are those that are tested here', () => {
    assert.deepEqual(
      readdirSync(FOLDER).sort(),
      Object.keys(API)
        .map((name) => `${name}.md`)
        .sort(),
    );
  });

  for (const [name, standIn] of Object.entries(API)) {
    it(`${name}: its config loads, its probe passes, and its counter moves`, async () => {
      const text = readFileSync(join(FOLDER, `${name}.md`), 'utf8');
      const yaml = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
      const port = /^ {4}port: (\d+)$/m.exec(yaml)?.[1];
      assert.ok(port, 'it names the port');
      const server = await serve(standIn);
      try {
        const here = yaml.replaceAll(port, String(server.port));
        const [service] = parseConfig(here, { file: `${name}.yaml`, env: {} }).services;
        assert.ok(service);
        const ask = () =>
          runProbe(service.probe, {
            fetch: globalThis.fetch,
            nowMs: systemClock.monotonicMs,
            signal: new AbortController().signal,
            deadlineMs: 10_000,
            attempt: 1,
            golden: createGoldenStore({}),
          });
        const { reason, detail } = await ask();
        assert.equal(reason, 'ok', detail);
        const { progress } = service;
        if (!progress || !/^ {4}progress:/m.test(yaml)) return;
        const count = () =>
          readCounter({ ...progress, fetch: globalThis.fetch, signal: AbortSignal.timeout(5_000) });
        const before = await count();
        await ask();
        const after = await count();
        assert.ok(
          typeof before === 'number' && typeof after === 'number' && after > before,
          `${before} to ${after}`,
        );
      } finally {
        await server.close();
      }
    });
  }

  it('use only commands that there are', () => {
    const known = new Set([
      'guard',
      'probe',
      'doctor',
      'drill',
      'install',
      'init',
      'up',
      'status',
      'report',
      'watch',
    ]);
    for (const file of readdirSync(FOLDER)) {
      const used = readFileSync(join(FOLDER, file), 'utf8').matchAll(/npx --no-install ninelives ([a-z]+)/g);
      for (const [, command] of used) assert.ok(known.has(command ?? ''), `${file}: ${command}`);
    }
  });
});
