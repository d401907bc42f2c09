import { readFileSync } from 'node:fs';
import type { MemoryRoom } from '../../core/types.js';
import { readCgroup } from '../procfs/processes.js';

const CGROUP_ROOT = '/sys/fs/cgroup';
/** Asked twice a second otherwise, for a slope of hours. */
const REMEMBERED_MS = 2_000;

/** Room left to a process's memory: of the machine (MemAvailable, proc_meminfo(5)) or of its cgroup (memory.max). */
export function createMemoryLook(nowMs: () => number): (pid: number) => MemoryRoom | null {
  let before: { pid: number; atMs: number; room: MemoryRoom | null } | null = null;
  return (pid) => {
    const atMs = nowMs();
    if (before?.pid === pid && atMs - before.atMs < REMEMBERED_MS) return before.room;
    const rooms = [machineRoom(), ...cgroupRooms(readCgroup(pid) ?? '/')].filter((room) => room !== null);
    const room = rooms.sort((a, b) => a.freeBytes - b.freeBytes)[0] ?? null;
    before = { pid, atMs, room };
    return room;
  };
}

function machineRoom(): MemoryRoom | null {
  const freeBytes = availableOf(read('/proc/meminfo') ?? '');
  return freeBytes === null ? null : { freeBytes, of: 'the machine' };
}

/** MemAvailable: what can be had without swapping. Pure and total. */
export function availableOf(meminfo: string): number | null {
  const kilobytes = /^MemAvailable:\s+(\d{1,15}) kB$/m.exec(meminfo)?.[1];
  return kilobytes === undefined ? null : Number(kilobytes) * 1_024;
}

/** Each group above has a limit of its own, and the tightest one counts. */
function cgroupRooms(cgroup: string): (MemoryRoom | null)[] {
  const parts = cgroup.split('/').filter((part) => part !== '');
  return parts.map((_, depth) => {
    const folder = `${CGROUP_ROOT}/${parts.slice(0, depth + 1).join('/')}`;
    const limit = Number(read(`${folder}/memory.max`)?.trim() ?? Number.NaN); // "max": none
    const current = Number(read(`${folder}/memory.current`)?.trim() ?? Number.NaN);
    if (!Number.isFinite(limit) || !Number.isFinite(current)) return null;
    return { freeBytes: Math.max(0, limit - current), of: 'its cgroup' };
  });
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return null; // no such controller, or not ours to read
  }
}
