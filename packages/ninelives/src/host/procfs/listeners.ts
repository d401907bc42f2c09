import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import type { Listener } from './parse.js';
import { parseListeners } from './parse.js';
import { listStats, readRealUid, readStat } from './processes.js';

/** Who listens: the process where we may look, else only the uid that the socket table tells. */
export interface PortHolder {
  process: { pid: number; startTicks: number; name: string } | null;
  uid: number;
}

/** Looks up who listens on a port; remembers what it found, so that asking twice a second stays cheap. */
export interface PortLookup {
  /**
   * `first`: pids to look at before all others. An empty list: nobody listens; null: could not look.
   */
  holders(port: number, first: readonly number[]): PortHolder[] | null;
}

const CHUNK_BYTES = 16 * 1024;
const TABLE_BYTES_MAX = 1024 * 1024;
/** A socket whose process we did not find is not searched for again before this time has passed. */
const UNFOUND_MS = 5_000;

/**
 * The listening sockets of one table. The kernel lists them before all others (proc_net_tcp.rst: "It will
 * first list all listening TCP sockets"), so thousands of connections after them are never read.
 */
function readListeners(path: string): Listener[] | null {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    // No such table: IPv6 is off, or there is no /proc.
    return null;
  }
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    let text = '';
    while (text.length < TABLE_BYTES_MAX) {
      const count = readSync(fd, buffer);
      text += buffer.toString('latin1', 0, count);
      if (count === 0 || endsPastListeners(text)) break;
    }
    return parseListeners(text);
  } finally {
    closeSync(fd);
  }
}

/** Is the last whole row of the table one that does not listen? */
function endsPastListeners(text: string): boolean {
  const rows = text.split('\n').slice(1, -1);
  const state = rows.at(-1)?.trim().split(/\s+/)[3];
  return state !== undefined && state !== '0A';
}

/** The descriptor of this process that is that socket, or null (also when we may not look). */
function findSocket(pid: number, inode: number): number | null {
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    // Gone, or another user's.
    return null;
  }
  const found = names.find((name) => isSocket(pid, Number(name), inode));
  return found === undefined ? null : Number(found);
}

function isSocket(pid: number, fd: number, inode: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`;
  } catch {
    // Closed since it was listed.
    return false;
  }
}

interface Found {
  pid: number;
  startTicks: number;
  name: string;
  fd: number;
}

/** @param nowMs monotonic ms, for how long "not found" is remembered. */
export function createPortLookup(uid: number, nowMs: () => number): PortLookup {
  const found = new Map<number, Found>();
  const unfound = new Map<number, number>();

  function search(inode: number, first: readonly number[]): Found | null {
    const others = listStats().map((stat) => stat.pid);
    for (const pid of new Set([...first, ...others])) {
      if (uid !== 0 && readRealUid(pid) !== uid) continue;
      const fd = findSocket(pid, inode);
      const stat = fd === null ? null : readStat(pid);
      if (fd !== null && stat !== null) return { pid, startTicks: stat.startTicks, name: stat.comm, fd };
    }
    return null;
  }

  function holderOf(listener: Listener, first: readonly number[]): Found | null {
    const { inode } = listener;
    const known = found.get(inode);
    if (
      known &&
      readStat(known.pid)?.startTicks === known.startTicks &&
      isSocket(known.pid, known.fd, inode)
    ) {
      return known;
    }
    found.delete(inode);
    if (uid !== 0 && listener.uid !== uid) return null;
    if (nowMs() < (unfound.get(inode) ?? 0)) return null;
    const process = search(inode, first);
    if (process) found.set(inode, process);
    else unfound.set(inode, nowMs() + UNFOUND_MS);
    return process;
  }

  return {
    holders(port, first) {
      const tables = [readListeners('/proc/net/tcp'), readListeners('/proc/net/tcp6')];
      if (tables.every((table) => table === null)) return null;
      const listeners = tables.flatMap((table) => table ?? []).filter((listener) => listener.port === port);
      const inodes = new Set(listeners.map((listener) => listener.inode));
      for (const map of [found, unfound]) {
        for (const inode of map.keys()) if (!inodes.has(inode)) map.delete(inode);
      }
      return listeners.map((listener) => {
        const process = holderOf(listener, first);
        return {
          process: process && { pid: process.pid, startTicks: process.startTicks, name: process.name },
          uid: listener.uid,
        };
      });
    },
  };
}
