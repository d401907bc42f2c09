// One `ninelives up --json` on a state folder of its own.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../lib/port.mjs';

const PACKAGE = new URL('../../packages/ninelives/', import.meta.url);
const BIN = fileURLToPath(new URL('bin/ninelives.js', PACKAGE));
const { openRecord } = await import(new URL('dist/src/record/sqlite.js', PACKAGE));
const LIMIT_MS = 180_000;
export const NAME = 'svc';

export async function openStage(stateDir) {
  const [port, gatewayPort, dashboardPort] = [await freePort(), await freePort(), await freePort()];
  const config = join(stateDir, 'ninelives.yaml');
  writeFileSync(config, yaml(port, gatewayPort));
  const argv = [
    BIN,
    'up',
    '--json',
    '--state',
    stateDir,
    '--config',
    config,
    '--dashboard-port',
    `${dashboardPort}`,
  ];
  const child = spawn(process.execPath, argv, { cwd: stateDir, stdio: ['ignore', 'pipe', 'pipe'] });
  let [log, trouble] = ['', ''];
  child.stdout.on('data', (text) => (log += text));
  child.stderr.on('data', (text) => (trouble += text));

  const stage = {
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    /** What the guard last committed; null before. */
    state: () => stage.read((record) => record.load(NAME)?.state ?? null),
    read(use) {
      const file = join(stateDir, 'record.db');
      if (!existsSync(file)) return null;
      const record = openRecord(file);
      try {
        return use(record);
      } finally {
        record.close();
      }
    },
    async until(what, look) {
      const startedMs = performance.now();
      for (;;) {
        const found = await look();
        if (found) return found;
        if (child.exitCode !== null) throw new Error(`up has ended, before: ${what}`);
        if (performance.now() - startedMs > LIMIT_MS) throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
        await sleep(100);
      }
    },
    untilServing: () =>
      stage.until('it serves', () => {
        const state = stage.state();
        return state?.verdict.kind === 'serving' && state.incident === null && state;
      }),
    /** A command on this state folder, as JSON. */
    ask(...args) {
      return new Promise((done, failed) => {
        const full = [BIN, ...args, '--state', stateDir, '--json'];
        execFile(process.execPath, full, { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
          // 1 means: unhealthy, which is an answer.
          if (error && error.code !== 1) failed(new Error(`${args}: ${stderr}`));
          else done(JSON.parse(stdout));
        });
      });
    },
    log: () => log.split('\n').filter((line) => line !== ''),
    output: () => `${log}${trouble}`,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
  return stage;
}

/** Quick looks, and a budget for as many faults as fit: on a real weekend hours lie between two. */
const yaml = (port, gatewayPort) => `version: 1
services:
  - name: ${NAME}
    port: ${port}
    embedder: {}
    gateway: { port: ${gatewayPort} }
    probe: { every: 300ms, deadline: { min: 1s, max: 3s } }
    guard: { confirm: 100ms, kills: 100, window: 1h, stable: 1s }
    restart: { start_limit_burst: 200 }
`;
