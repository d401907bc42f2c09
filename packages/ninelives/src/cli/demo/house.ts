import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceConfig } from '../../config/service.js';
import type { Standby } from '../../drill/ports.js';
import { sleep } from '../../host/clock.js';
import { readStat } from '../../host/procfs/processes.js';
import type { GuardRecord } from '../../record/record.js';
import { openRecord } from '../../record/sqlite.js';
import { armProcess } from '../drill/standby.js';
import { CliError, EXIT } from '../errors.js';
import { recordFile } from '../state-dir.js';

/** A guarded service of the demo's own, on a port and in a folder of its own. */
export interface DemoHouse {
  stateDir: string;
  /** Of the server itself, and of the gateway before it. */
  url: string;
  gatewayUrl: string;
  /** Resolves when it has answered often enough for the guard to know its usual pace. */
  serving(signal: AbortSignal): Promise<{ record: GuardRecord; config: ServiceConfig }>;
  /** Ends `up`, which ends the service, and removes the folder. */
  close(): Promise<void>;
}

/** A first start downloads the model. */
const SERVING_WITHIN_MS = 10 * 60_000;
/** The guard learns its deadline from three right answers; before that it is more patient than a demo. */
const PASSES = 3;
const STOP_MS = 30_000;
const LOG_LINES = 8;

/** Starts `ninelives up` as a child. */
export async function openDemoHouse(env: { [name: string]: string | undefined }): Promise<DemoHouse> {
  const stateDir = mkdtempSync(join(tmpdir(), 'ninelives-demo-'));
  const [port, gatewayPort] = await freePorts();
  const logFile = join(stateDir, 'up.log');
  const log = openSync(logFile, 'a', 0o600);
  const bin = fileURLToPath(new URL('../../../../bin/ninelives.js', import.meta.url));
  const ports = ['--port', String(port), '--gateway-port', String(gatewayPort)];
  const args = [bin, 'up', '--state', stateDir, '--no-dashboard', ...ports];
  // A session of its own: on Ctrl-C we end it ourselves, in order.
  const up = spawn(process.execPath, args, {
    cwd: stateDir,
    env,
    detached: true,
    stdio: ['ignore', log, log],
  });
  const ended = once(up, 'close');
  const keeper = await keep(stateDir, up).catch((error: unknown) => {
    up.kill('SIGTERM'); // nobody would tidy up after us
    throw error;
  });
  let record: GuardRecord | null = null;
  return {
    stateDir,
    url: `http://127.0.0.1:${port}`,
    gatewayUrl: `http://127.0.0.1:${gatewayPort}`,
    async serving(signal) {
      for (let waitedMs = 0; waitedMs < SERVING_WITHIN_MS && !signal.aborted; waitedMs += 100) {
        if (up.exitCode !== null || up.signalCode !== null) break;
        if (!record && existsSync(recordFile(stateDir))) record = openRecord(recordFile(stateDir));
        const found = record && readyService(record);
        if (record && found) return { record, config: found };
        await sleep(100, signal);
      }
      if (signal.aborted) throw new CliError('stopped', EXIT.unhealthy);
      throw new CliError(`the demo's service did not start:\n${tailOf(logFile)}`, EXIT.environment);
    },
    async close() {
      record?.close();
      up.kill('SIGTERM');
      const late = setTimeout(() => up.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(late);
      rmSync(stateDir, { recursive: true, force: true });
      await keeper.release(true);
    },
  };
}

async function keep(stateDir: string, up: ChildProcess): Promise<Standby> {
  const pid = up.pid ?? 0;
  const startTicks = readStat(pid)?.startTicks ?? 0;
  const args = [stateDir, JSON.stringify({ pid, startTicks })];
  return armProcess(new URL('./keeper-main.js', import.meta.url), args);
}

function readyService(record: GuardRecord): ServiceConfig | null {
  const service = record.services()[0];
  const state = service === undefined ? null : record.load(service)?.state;
  if (service === undefined || !state || state.verdict.kind !== 'serving') return null;
  if (state.latenciesMs.length < PASSES) return null;
  return record.note(service, 'config') as ServiceConfig | null;
}

function tailOf(logFile: string): string {
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-LOG_LINES);
  return lines.map((line) => `  ${line}`).join('\n');
}

/** Two, held at the same time so that they differ. */
async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()] as const;
  const ports = await Promise.all(servers.map(boundPort));
  for (const server of servers) server.close();
  return ports as [number, number];
}

function boundPort(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}
