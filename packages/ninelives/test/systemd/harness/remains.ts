import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessId } from '../../../src/core/types.js';
import { bootId } from '../../../src/host/clock.js';
import { isAlive, readStat } from '../../../src/host/procfs/processes.js';
import { signalIfSame } from '../../../src/host/signal.js';
import { pidsIn, removeCgroups } from './cgroup.js';

const PREFIX = 'ninelives-box-';
const GONE_LIMIT_MS = 10_000;

/** Written beside the box: who booted it (so that a later run knows whether that one still lives), and what runs. */
interface Owner {
  bootId: string;
  owner: ProcessId;
  processes: ProcessId[];
}

function bases(): string[] {
  return [...new Set([tmpdir(), '/var/tmp'])];
}

/** Makes the box's folder, and in it `root`, a copy-on-write view of this machine. */
export function mountRoot(name: string): string {
  const tried: string[] = [];
  for (const base of [...bases(), 'memory'] as const) {
    const rig = join(base === 'memory' ? tmpdir() : base, name);
    mkdirSync(rig, { mode: 0o755, recursive: true });
    writeOwner(rig, []);
    writeFileSync(join(rig, 'nspawn.log'), '');
    const upper = join(rig, 'changes');
    mkdirSync(upper, { recursive: true });
    // An overlay can't keep its changes on another overlay, as in most containers: then they are kept in memory.
    if (base === 'memory') spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', upper]);
    for (const folder of ['changes/up', 'changes/work', 'root'])
      mkdirSync(join(rig, folder), { recursive: true });
    const options = `lowerdir=/,upperdir=${upper}/up,workdir=${upper}/work`;
    const mount = spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', options, join(rig, 'root')], {
      encoding: 'utf8',
    });
    if (mount.status === 0) return rig;
    tried.push(`${base}: ${mount.stderr?.trim()}`);
    tearDown(rig, name);
  }
  throw new Error(`no overlay could be mounted: ${tried.join('; ')}`);
}

export function writeOwner(rig: string, processes: ProcessId[]): void {
  const self = readStat(process.pid);
  const owner = { pid: process.pid, startTicks: self?.startTicks ?? 0 };
  const note: Owner = { bootId: bootId(), owner, processes };
  writeFileSync(join(rig, 'owner.json'), JSON.stringify(note));
}

function readOwner(rig: string): Owner | null {
  try {
    return JSON.parse(readFileSync(join(rig, 'owner.json'), 'utf8')) as Owner;
  } catch {
    // Killed before it was written: nothing runs yet then.
    return null;
  }
}

/** Removes what runs that were killed have left behind. A box whose owner lives is left alone. */
export function clearRemains(): void {
  for (const base of bases()) {
    for (const name of existsSync(base) ? readdirSync(base) : []) {
      if (!name.startsWith(PREFIX)) continue;
      const note = readOwner(join(base, name));
      const lives = note !== null && note.bootId === bootId() && isAlive(note.owner);
      if (!lives) tearDown(join(base, name), name);
    }
  }
}

/** Synchronous, so that it also works while the process is ending. Safe to call twice. */
export function tearDown(rig: string, name: string, what: 'everything' | 'processes' = 'everything'): void {
  endProcesses(rig, name);
  if (what === 'processes' || !existsSync(rig)) return;
  for (const mount of ['root', 'changes']) spawnSync('umount', ['--lazy', join(rig, mount)]);
  waitUntil(() => {
    removeCgroups(name);
    return pidsIn(name).length === 0;
  });
  // Never through a mount: what is beneath it would be this machine's own root.
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  if (mounts.includes(`${rig}/`)) throw new Error(`${rig} is still mounted; unmount it, then delete it`);
  rmSync(rig, { recursive: true, force: true });
}

/**
 * SIGKILL to the container's PID 1 and to systemd-nspawn, by incarnation. The kernel then ends all else inside
 * (pid_namespaces(7)). Killing systemd-nspawn alone leaves the container running.
 */
function endProcesses(rig: string, name: string): void {
  const note = readOwner(rig);
  if (note?.bootId !== bootId()) return;
  thaw(name);
  for (const id of [...note.processes].reverse()) signalIfSame(id, 'SIGKILL');
  // Killed between its start and our note: whatever is in the cgroup of that name was started by this harness.
  for (const pid of pidsIn(name)) {
    const stat = readStat(pid);
    if (stat) signalIfSame({ pid, startTicks: stat.startTicks }, 'SIGKILL');
  }
  waitUntil(() => pidsIn(name).length === 0);
}

/** A process that waits for a frozen file system (inside/matrix.ts) can't be killed, and would keep the box for ever. */
function thaw(name: string): void {
  for (const pid of pidsIn(name)) {
    if (readStat(pid)?.state !== 'D') continue;
    const enter = ['-t', String(pid), '-m', 'fsfreeze', '--unfreeze', '/mnt/frozen'];
    spawnSync('nsenter', enter, { timeout: 2_000, killSignal: 'SIGKILL' });
  }
}

function waitUntil(done: () => boolean): void {
  const untilMs = performance.now() + GONE_LIMIT_MS;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!done() && performance.now() < untilMs) Atomics.wait(cell, 0, 0, 20);
}
