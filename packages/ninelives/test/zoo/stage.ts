import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessId } from '../../src/core/types.js';
import { isAlive } from '../../src/host/procfs/processes.js';
import { EMBEDDINGS_DEFAULTS } from '../../src/probe/kinds/embeddings.js';
import { type Box, freePort, openBox } from '../e2e/box.js';
import { closing } from './closing.js';
import {
  type Companion,
  PROGRAMS,
  startCrowd,
  startPoisoner,
  startProcess,
  startSleeper,
  startTenfold,
} from './company.js';
import { vectorOf } from './servers/vectors.js';
import type { GuardSettings, ZooClass } from './zoo-class.js';

export type PaceName = 'usual' | 'quick';

/** A class on stage: guarded, serving, and not broken yet. */
export interface Stage {
  box: Box;
  /** What has to be there before the trouble is. */
  warmUp(): Promise<void>;
  /** Starts the trouble; resolves once the server has been told. */
  breakIt(): Promise<void>;
  /** Ends the trouble that the harness makes itself; an upstream is none. */
  endTrouble(): Promise<void>;
  close(): Promise<void>;
}

const CLIENTS = { perSecond: 2, requests: [['one of a few']], timeoutMs: 60_000 };
const QUICK_GUARD: GuardSettings = { confirm: '100ms', idle_patience: '3s' };

export async function setStage(zoo: ZooClass, pace: PaceName): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'ninelives-zoo-'));
  const upstream = zoo.company === 'upstream' ? await freePort() : null;
  const box = await openBox(serviceYaml(zoo, pace, folder, upstream), '', gpuOf(zoo, folder));
  const trouble: Companion[] = [];
  const elsewhere: Companion[] = [];
  if (upstream !== null) {
    elsewhere.push(startProcess('server', '--port', String(upstream), '--fault', zoo.fault));
  }
  const seen: ProcessId[] = [];
  const watching = setInterval(() => seen.push(...box.processes()), 1_000);
  return {
    box,
    async warmUp() {
      if (zoo.company !== 'clients') return;
      trouble.push(startCrowd({ ...CLIENTS, port: box.gatewayPort }));
      await box.until('the gateway knows how long they take', async () => {
        return ((await box.evidence())?.completions ?? 0) >= 10;
      });
    },
    async breakIt() {
      await tell(box.port, zoo[pace].lastsMs);
      // The stranger must be there before the next life is.
      if (zoo.company === 'stranger') trouble.push(startProcess('stranger', ...strangerArgs(box, zoo, pace)));
      if (zoo.company === 'crowd') trouble.push(startTenfold(box.port));
      if (zoo.company === 'sleeper') trouble.push(startSleeper(box.gatewayPort, zoo[pace].lastsMs ?? 60_000));
      if (zoo.company === 'poisoner') trouble.push(startPoisoner(box.port));
    },
    endTrouble: () => end(trouble),
    close: closing(async () => {
      clearInterval(watching);
      await end(trouble);
      await box.close();
      await end(elsewhere);
      // What a guard that was itself at fault left behind: only what was seen in this box's own tree.
      for (const id of seen) if (isAlive(id)) process.kill(id.pid, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }),
  };
}

/** A program that is called nvidia-smi and says what it must, first on the search path of the guard. */
function gpuOf({ gpu }: ZooClass, folder: string): { [name: string]: string } {
  if (gpu === undefined) return {};
  const row = `GPU-zoo1, ${gpu === 'busy' ? 97 : 0}, 15000, 24576`;
  const script =
    gpu === 'hangs'
      ? `trap '' TERM; exec 3<> <(:); while :; do read -t 60 -u 3; done`
      : `case "$1" in --query-gpu=*) echo "${row}";; esac`;
  writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  return { PATH: `${folder}:${process.env.PATH ?? ''}` };
}

async function end(company: Companion[]): Promise<void> {
  await Promise.all(company.splice(0).map((companion) => companion.end()));
}

function strangerArgs(box: Box, zoo: ZooClass, pace: PaceName): string[] {
  return [String(box.port), String(zoo[pace].lastsMs ?? 120_000)];
}

async function tell(port: number, lastsMs: number | undefined): Promise<void> {
  const measure = lastsMs === undefined ? '' : `?ms=${lastsMs}`;
  const answer = await fetch(`http://127.0.0.1:${port}/zoo/break${measure}`, {
    method: 'POST',
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(10_000),
  });
  await answer.text();
}

/** The service as `openBox` takes it: indented by four, with PORT for its port. */
function serviceYaml(zoo: ZooClass, pace: PaceName, folder: string, upstream: number | null): string {
  const quick = pace === 'quick';
  const guard = { ...(quick ? QUICK_GUARD : {}), ...zoo[pace].guard };
  const probe = {
    ...(quick ? { every: '300ms', deadline: { min: '1s', max: '3s' } } : {}),
    ...(zoo.golden ? { golden: goldenFile(folder) } : {}),
  };
  const fields = {
    command: commandOf(zoo, folder, upstream),
    ...(Object.keys(probe).length === 0 ? {} : { probe }),
    ...(Object.keys(guard).length === 0 ? {} : { guard }),
    ...(quick ? { restart: { stop_timeout: '4s' } } : {}),
    ...(zoo.counter
      ? { progress: { url: 'http://127.0.0.1:PORT/metrics', counter: 'zoo_texts_completed_total' } }
      : {}),
  };
  // JSON is YAML.
  const lines = Object.entries(fields).map(([name, value]) => `    ${name}: ${JSON.stringify(value)}\n`);
  return [...lines, ...(zoo.gateway ? ['    gateway: { port: GATE }\n'] : [])].join('');
}

function commandOf(zoo: ZooClass, folder: string, upstream: number | null): string[] {
  if (zoo.program === 'front') return [process.execPath, PROGRAMS.front, '--port', 'PORT'];
  if (zoo.program === 'container-client') {
    // The kernel takes a program's name from the path that it was started by.
    const docker = join(folder, 'docker');
    symlinkSync(process.execPath, docker);
    return [docker, PROGRAMS['container-client'], '--port', 'PORT', '--upstream', String(upstream)];
  }
  const life = join(folder, 'life.json');
  return [process.execPath, PROGRAMS.server, '--port', 'PORT', '--fault', zoo.fault, '--life', life];
}

function goldenFile(folder: string): string {
  const file = join(folder, 'golden.json');
  const approved = EMBEDDINGS_DEFAULTS.texts.map((text) => [text, vectorOf(text)]);
  writeFileSync(file, JSON.stringify(Object.fromEntries(approved)));
  return file;
}
