import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ProcessId, ProcessSample } from '../../core/types.js';
import type { Stat } from './parse.js';
import { parseAuxv, parseCgroup, parseCmdline, parseIoBytes, parseRealUid, parseStat } from './parse.js';

const PAGE_BYTES = 4_096;
const ABSENT = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR']);

/**
 * Reads a file of /proc that may vanish at any moment, or be closed to us: null then.
 * @throws what says nothing about the process (EMFILE, ENOMEM): "could not look" must not read as "gone".
 */
function readProc(path: string): string | null {
  let fd: number | null = null;
  try {
    // Three system calls instead of the five of readFile: this runs for every process, twice a second.
    fd = openSync(path, 'r');
    const buffer = Buffer.allocUnsafe(PAGE_BYTES);
    const count = readSync(fd, buffer);
    return count < PAGE_BYTES ? buffer.toString('latin1', 0, count) : readFileSync(path, 'latin1');
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

export function readStat(pid: number): Stat | null {
  const text = readProc(`/proc/${pid}/stat`);
  return text === null ? null : parseStat(text);
}

export function readRealUid(pid: number): number | null {
  const text = readProc(`/proc/${pid}/status`);
  return text === null ? null : parseRealUid(text);
}

export function readCmdline(pid: number): string[] {
  return parseCmdline(readProc(`/proc/${pid}/cmdline`) ?? '');
}

export function readCgroup(pid: number): string | null {
  return parseCgroup(readProc(`/proc/${pid}/cgroup`) ?? '');
}

/** The program's file, or null where we may not look (another user's process). */
export function readExe(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    // Gone, a kernel thread, or another user's.
    return null;
  }
}

/**
 * A thread through which to look at a process whose first thread has ended: memory and descriptors are then
 * to be seen through the others only. null when there is none.
 */
export function otherThread(pid: number): number | null {
  try {
    const thread = readdirSync(`/proc/${pid}/task`).find((name) => Number(name) !== pid);
    return thread === undefined ? null : Number(thread);
  } catch {
    // Gone.
    return null;
  }
}

/** The environment a process was started with. null: could not look. */
export async function readEnviron(pid: number, limitMs?: number): Promise<string | null> {
  const text = await readOffThread(pid, 'environ', limitMs);
  const thread = text || readStat(pid)?.state !== 'Z' ? null : otherThread(pid);
  return thread === null ? text : readOffThread(thread, 'environ', limitMs);
}

/** Its argument list, read with a limit, for a process that may be in trouble. null: could not look. */
export async function readArguments(pid: number, limitMs?: number): Promise<string[] | null> {
  const text = await readOffThread(pid, 'cmdline', limitMs);
  return text === null ? null : parseCmdline(text);
}

/**
 * Both files lie in the memory of the process itself: reading them waits for its memory lock, which a process in
 * trouble may hold for ever. So it happens off our thread and with a limit.
 */
async function readOffThread(
  pid: number,
  file: 'environ' | 'cmdline',
  limitMs = 500,
): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, limitMs, null);
  });
  const text = readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => null);
  try {
    return await Promise.race([text, limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Bit of SIGTERM in the masks of proc_pid_status(5). */
const TERM_BIT = 1n << 14n;

/** Does it ignore SIGTERM outright? One that catches it may still not heed it: that can't be seen. */
export function ignoresTerm(pid: number): boolean {
  const mask = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & TERM_BIT) !== 0n;
}

/** Every process that can be seen, whoever owns it. About 15 µs a process. */
export function listStats(): Stat[] {
  const stats: Stat[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readStat(Number(name));
    if (stat !== null) stats.push(stat);
  }
  return stats;
}

/**
 * A zombie has ended: it holds no port, no memory and no GPU, it only waits to be reaped. But while other threads
 * of it are still there (dying, or stuck in a driver) only its first thread is one, and the process holds all.
 */
export function hasEnded(stat: Stat | null): boolean {
  if (stat === null || stat.state === 'X' || stat.state === 'x') return true;
  return stat.state === 'Z' && stat.threads <= 1;
}

/** Is this very process (not a later one with its pid) still there? */
export function isAlive(id: ProcessId): boolean {
  const stat = readStat(id.pid);
  return stat !== null && stat.startTicks === id.startTicks && !hasEnded(stat);
}

/** The process and everything above it: what must never be signalled by us. */
export function selfAndAncestors(pid: number): Set<number> {
  // Init is above everything, even where a pid namespace hides the way there.
  const seen = new Set<number>([1]);
  for (let next = pid; next > 1 && !seen.has(next); next = readStat(next)?.ppid ?? 0) seen.add(next);
  return seen;
}

export interface Units {
  pageBytes: number;
  ticksPerSecond: number;
}

/** The units that the kernel counts in, from this process's auxiliary vector. */
export function readUnits(): Units {
  return parseAuxv(readFileSync('/proc/self/auxv'));
}

/** What the process is doing, from its stat and io files. */
export function sampleOf(stat: Stat, units: Units, main: boolean): ProcessSample {
  return {
    pid: stat.pid,
    startTicks: stat.startTicks,
    name: stat.comm,
    state: stat.state,
    cpuMs: ((stat.utimeTicks + stat.stimeTicks) * 1_000) / units.ticksPerSecond,
    rssBytes: stat.rssPages * units.pageBytes,
    ioBytes: parseIoBytes(readProc(`/proc/${stat.pid}/io`) ?? ''),
    main,
  };
}
