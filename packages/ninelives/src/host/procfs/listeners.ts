import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import type { Listener } from './parse.js';
import { parseListeners } from './parse.js';
import { listStats, otherThread, readRealUid, readStat } from './processes.js';

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
/**
 * A socket whose process we did not find is not searched for again before this time has passed, and a holder
 * that we found is believed for as long, while it still holds that socket: reading the table costs the kernel a
 * walk over all its buckets (milliseconds), looking at one descriptor costs microseconds.
 */
const REMEMBERED_MS = 5_000;

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
  /** The thread whose descriptors show it: the first one, unless that has ended. */
  via: number;
  fd: number;
}

/** @param nowMs monotonic ms, for how long answers are remembered. */
export function createPortLookup(uid: number, nowMs: () => number): PortLookup {
  const found = new Map<number, Found>();
  const unfound = new Map<number, number>();
  const answers = new Map<number, { listeners: Listener[]; untilMs: number }>();

  function search(inode: number, first: readonly number[]): Found | null {
    const others = listStats().map((stat) => stat.pid);
    for (const pid of new Set([...first, ...others])) {
      if (uid !== 0 && readRealUid(pid) !== uid) continue;
      const stat = readStat(pid);
      const via = stat?.state === 'Z' ? otherThread(pid) : pid;
      const fd = via === null ? null : findSocket(via, inode);
      if (stat && via !== null && fd !== null) {
        return { pid, startTicks: stat.startTicks, name: stat.comm, via, fd };
      }
    }
    return null;
  }

  function stillHeld(inode: number): Found | null {
    const known = found.get(inode);
    if (
      known &&
      readStat(known.pid)?.startTicks === known.startTicks &&
      isSocket(known.via, known.fd, inode)
    ) {
      return known;
    }
    found.delete(inode);
    return null;
  }

  function holderOf({ inode, uid: owner }: Listener, first: readonly number[]): Found | null {
    const known = stillHeld(inode);
    if (known) return known;
    if (uid !== 0 && owner !== uid) return null;
    if (nowMs() < (unfound.get(inode) ?? 0)) return null;
    const holder = search(inode, first);
    if (holder) found.set(inode, holder);
    else unfound.set(inode, nowMs() + REMEMBERED_MS);
    return holder;
  }

  /** The sockets that listen on the port; as before while each is still held by whom we found. */
  function listenersOn(port: number): Listener[] | null {
    const before = answers.get(port);
    const same =
      before && nowMs() < before.untilMs && before.listeners.every(({ inode }) => stillHeld(inode));
    if (same) return before.listeners;
    answers.delete(port);
    const tables = [readListeners('/proc/net/tcp'), readListeners('/proc/net/tcp6')];
    if (tables.every((table) => table === null)) return null;
    const listeners = tables.flatMap((table) => table ?? []).filter((listener) => listener.port === port);
    if (listeners.length > 0) answers.set(port, { listeners, untilMs: nowMs() + REMEMBERED_MS });
    return listeners;
  }

  return {
    holders(port, first) {
      const listeners = listenersOn(port);
      if (listeners === null) return null;
      for (const [inode, untilMs] of unfound) if (nowMs() > untilMs) unfound.delete(inode);
      return listeners.map((listener) => {
        const holder = holderOf(listener, first);
        return {
          process: holder && { pid: holder.pid, startTicks: holder.startTicks, name: holder.name },
          uid: listener.uid,
        };
      });
    },
  };
}
