import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DurationsJson } from '../../src/cli/commands/inspect.js';
import type { GuardState, Incident } from '../../src/core/decision.js';
import type { ProcessSample } from '../../src/core/types.js';
import { gatewaySocket } from '../../src/gateway/place.js';
import { createPrivateClient } from '../../src/gateway/status/client.js';
import type { TrafficEvidence } from '../../src/gateway/status/evidence.js';
import { listStats } from '../../src/host/procfs/processes.js';
import { openRecord } from '../../src/record/sqlite.js';

export const BIN = fileURLToPath(new URL('../../../bin/ninelives.js', import.meta.url));
export const FIXTURE_SERVER = fileURLToPath(new URL('../../../test/fixtures/server.mjs', import.meta.url));

/** A guarded service in a state folder of its own, run by the real command line. */
export interface Box {
  stateDir: string;
  port: number;
  /** Where its gateway listens, if it has one. */
  gatewayPort: number;
  /** Starts `ninelives ARGS` on this state folder; resolves at once. */
  start(command?: 'up' | 'guard', ...args: string[]): ChildProcess;
  /** SIGKILL to what `start` has started, and its end. */
  killGuard(): Promise<void>;
  /** Runs a command to its end. */
  run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** The state that the guard last committed; null before its first commit. */
  status(): GuardState | null;
  incidents(): Promise<(Incident & DurationsJson)[]>;
  /** The service's tree as the guard last committed it, main process first. */
  processes(): ProcessSample[];
  /** Waits until the guard sees it serving, with no incident open. */
  untilServing(): Promise<GuardState>;
  until<T>(
    what: string,
    look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  ): Promise<T>;
  embed(): Promise<Response>;
  /** What its gateway tells the guard; null when there is none. */
  evidence(): Promise<TrafficEvidence | null>;
  output(): string;
  /** Every live process that was started for this box, by its mark in the environment. */
  alive(): number[];
  close(): Promise<void>;
}

const LIMIT_MS = 120_000;

/** Quick enough for a test, slow enough for two noisy cores. */
export const QUICK = `
    probe:
      every: 300ms
      deadline: { min: 1s, max: 3s }
    guard:
      confirm: 100ms
`;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * @param service the YAML of the one service below `name` and `port`, indented by four; `gateway: { port: GATE }` puts a
 * gateway before it, on a port of its own
 * @param more added to the environment of everything that is started for this box
 */
export async function openBox(
  service: string,
  rest = '',
  more: { [name: string]: string } = {},
): Promise<Box> {
  const stateDir = mkdtempSync(join(tmpdir(), 'ninelives-e2e-'));
  const port = await freePort();
  const gatewayPort = await freePort();
  const config = writeConfig(stateDir, `${service}\n${rest}`, { port, gatewayPort });
  // Inherited by everything that is started for this box: by this alone it is known again.
  const mark = `NINELIVES_BOX=${stateDir}`;
  const env = { ...process.env, ...more, NINELIVES_BOX: stateDir };
  const children: ChildProcess[] = [];
  let output = '';

  function start(command: 'up' | 'guard' = 'up', ...args: string[]): ChildProcess {
    const argv = [BIN, command, '--state', stateDir, '--config', config, ...quiet(args), ...args];
    const child = spawn(process.execPath, argv, { cwd: stateDir, env, stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
    return child;
  }

  const run: Box['run'] = (...args) =>
    new Promise((done) => {
      execFile(process.execPath, [BIN, ...args], { env, timeout: 2 * LIMIT_MS }, (error, stdout, stderr) => {
        done({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
      });
    });

  const box: Box = {
    stateDir,
    port,
    gatewayPort,
    start,
    run,
    killGuard: () => endAll(children, 'SIGKILL'),
    status() {
      const file = join(stateDir, 'record.db');
      if (!existsSync(file)) return null;
      const record = openRecord(file);
      try {
        return record.load('svc')?.state ?? null;
      } finally {
        record.close();
      }
    },
    async incidents() {
      return JSON.parse((await run('incidents', '--state', stateDir, '--json')).stdout);
    },
    processes: () => box.status()?.unit?.processes ?? [],
    async until(what, look) {
      const startedMs = Date.now();
      for (;;) {
        const found = await Promise.resolve(look());
        if (found) return found;
        if (Date.now() - startedMs > LIMIT_MS)
          throw new Error(`not within ${LIMIT_MS} ms: ${what}\n${output}`);
        await sleep(100);
      }
    },
    untilServing: () =>
      box.until('serving', () => {
        const state = box.status();
        return state?.verdict.kind === 'serving' && state.incident === null && state;
      }),
    embed: () =>
      fetch(`http://127.0.0.1:${port}/v1/embeddings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ input: ['is anybody there?'] }),
        signal: AbortSignal.timeout(30_000),
      }),
    evidence: () => createPrivateClient(gatewaySocket(stateDir, 'svc')).evidence(5_000),
    output: () => output,
    alive: () =>
      listStats()
        .filter((stat) => stat.state !== 'Z' && stat.pid !== process.pid)
        .map((stat) => stat.pid)
        .filter((pid) => readEnvironOf(pid).split('\0').includes(mark)),
    async close() {
      await endAll(children, 'SIGTERM');
      // Whatever a failed test left behind: only what carries this box's own mark.
      for (const pid of box.alive()) process.kill(pid, 'SIGKILL');
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
  return box;
}

/** Without a dashboard, on its fixed port, unless the test wants one. */
function quiet(args: string[]): string[] {
  return args.includes('--once') || args.some((arg) => arg.startsWith('--dashboard'))
    ? []
    : ['--no-dashboard'];
}

function writeConfig(
  stateDir: string,
  below: string,
  { port, gatewayPort }: { port: number; gatewayPort: number },
): string {
  const file = join(stateDir, 'ninelives.yaml');
  const front = below.includes('gateway:') ? '' : '    gateway: false\n';
  const yaml = `version: 1\nservices:\n  - name: svc\n    port: ${port}\n${front}${below}`;
  writeFileSync(file, yaml.replaceAll('PORT', String(port)).replaceAll('GATE', String(gatewayPort)));
  return file;
}

async function endAll(children: ChildProcess[], signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const running = children.filter((child) => child.exitCode === null && child.signalCode === null);
  const ends = running.map((child) => once(child, 'exit'));
  for (const child of running) child.kill(signal);
  await Promise.all(ends);
}

function readEnvironOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return ''; // gone, or not ours
  }
}
