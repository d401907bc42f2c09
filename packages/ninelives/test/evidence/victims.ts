import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { KillIntent } from '../../src/core/decision.js';
import type { ProcessId } from '../../src/core/types.js';
import { type CollectOptions, collectEvidence } from '../../src/evidence/collect.js';
import type { EvidenceBundle } from '../../src/evidence/evidence.js';
import { bootId } from '../../src/host/clock.js';
import { ownProcess } from '../fixtures/host-world.js';

export interface Victim {
  id: ProcessId;
  child: ChildProcess;
  /** The first line that it printed. */
  said: string;
}

/** A process that runs `script` until the test is over; it prints a line when it is ready. */
export async function victim(
  t: TestContext,
  script: string,
  options: { argv?: string[]; env?: { [name: string]: string } } = {},
): Promise<Victim> {
  const argv = ['-e', `${script};setInterval(() => {}, 1000)`, ...(options.argv ?? [])];
  return running(t, process.execPath, argv, options.env);
}

/** Any program, for as long as the test lasts; it prints a line when it is ready. */
export async function running(
  t: TestContext,
  program: string,
  argv: string[],
  env: { [name: string]: string } = {},
): Promise<Victim> {
  const child = spawn(program, argv, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const id = ownProcess(t, child.pid);
  const [said] = await once(child.stdout, 'data');
  return { id, child, said: String(said).trim() };
}

export function intentOn(targets: ProcessId[], change: Partial<KillIntent> = {}): KillIntent {
  const main = targets[0] as ProcessId;
  return {
    id: 'svc-kill-2',
    service: 'svc',
    incidentId: 'svc-incident-1',
    incarnation: { ...main, bootId: bootId(), invocation: 'x' },
    what: 'incarnation',
    targets,
    reason: 'hung: no answer',
    atMs: 0,
    wallMs: 1_700_000_000_000,
    ...change,
  };
}

/** Collects on the victims with no tools on the path, so that a debugger installed here does not slow the tests. */
export function collect(victims: Victim[], options: Partial<CollectOptions> = {}): Promise<EvidenceBundle> {
  return collectEvidence(intentOn(victims.map(({ id }) => id)), null, {
    limitMs: 3_000,
    signal: new AbortController().signal,
    port: null,
    logFile: null,
    path: '',
    secrets: [],
    ...options,
  });
}

export function part<T>(bundle: EvidenceBundle, name: string): T {
  return bundle.collected[name] as T;
}

/** An executable of that name in the folder. */
export function tool(folder: string, name: string, script: string): void {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/bash\n${script}\n`);
  chmodSync(file, 0o755);
}

/** Takes no SIGTERM and does nothing, without a child of its own. */
export const STUBBORN = `trap '' TERM; exec 3<> <(:); while :; do read -t 60 -u 3; done`;
