import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { INCARNATION_VARIABLE } from '../host/embedded/tree.js';
import { socketsOf } from '../host/procfs/descriptors.js';
import { environValue, type Stat } from '../host/procfs/parse.js';
import { hasEnded, listStats, readArguments, readEnviron, readRealUid } from '../host/procfs/processes.js';
import { parseSockets, type Socket } from '../host/procfs/sockets.js';
import type { Listening } from './found.js';

const SHELLS = new Set([
  'sh',
  'bash',
  'dash',
  'zsh',
  'fish',
  'ksh',
  'tmux: server',
  'screen',
  'sshd',
  'systemd',
]);

/** Who of this user listens on TCP ports of this machine, one row a port, by port. `self` is left out. */
export async function listListening(uid: number, self: number): Promise<Listening[]> {
  const mine = listStats().filter(
    (stat) => !hasEnded(stat) && stat.pid !== self && readRealUid(stat.pid) === uid,
  );
  const holders = holdersOf(mine);
  const byPort = new Map<number, { socket: Socket; stat: Stat }>();
  for (const socket of ['/proc/net/tcp', '/proc/net/tcp6'].flatMap(readListeners)) {
    const stat = topmost(holders.get(socket.inode) ?? []);
    const known = byPort.get(socket.localPort);
    const nearer = known === undefined || rank(socket) < rank(known.socket);
    if (stat && nearer) byPort.set(socket.localPort, { socket, stat });
  }
  const rows = [...byPort.values()].sort((a, b) => a.socket.localPort - b.socket.localPort);
  return Promise.all(rows.map(({ socket, stat }) => describe(socket, stat, mine)));
}

async function describe(socket: Socket, stat: Stat, mine: readonly Stat[]): Promise<Listening> {
  const job = jobOf(stat, mine);
  const environ = (await readEnviron(stat.pid)) ?? '';
  return {
    port: socket.localPort,
    host: hostOf(socket.localAddress),
    process: { pid: stat.pid, startTicks: stat.startTicks, name: stat.comm },
    command: { pid: job.pid, argv: (await readArguments(job.pid)) ?? [], folder: folderOf(job.pid) },
    guarded: environValue(environ, INCARNATION_VARIABLE) !== null,
  };
}

function readListeners(path: string): Socket[] {
  try {
    return parseSockets(readFileSync(path, 'latin1')).filter(({ state }) => state === 'LISTEN');
  } catch {
    // No such table: IPv6 is off, or there is no /proc.
    return [];
  }
}

/** Socket inode to the processes that hold it. */
function holdersOf(stats: readonly Stat[]): Map<number, Stat[]> {
  const holders = new Map<number, Stat[]>();
  for (const stat of stats) {
    for (const inode of socketsOf(stat.pid)) holders.set(inode, [...(holders.get(inode) ?? []), stat]);
  }
  return holders;
}

/** Of processes that share a socket, the one that the others descend from. */
function topmost(holders: readonly Stat[]): Stat | null {
  const pids = new Set(holders.map(({ pid }) => pid));
  const roots = holders.filter(({ ppid }) => !pids.has(ppid));
  return [...roots].sort((a, b) => a.startTicks - b.startTicks)[0] ?? null;
}

/** The leader of its process group, where that is what somebody typed, and no shell that only ran it. */
function jobOf(stat: Stat, mine: readonly Stat[]): Stat {
  const leader = mine.find(({ pid }) => pid === stat.pgrp);
  return leader && !SHELLS.has(leader.comm) && !SHELLS.has(basename(leader.comm)) ? leader : stat;
}

function folderOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // Gone.
    return null;
  }
}

/** Loopback first: that is where the guard asks. */
function rank({ localAddress }: Socket): number {
  if (localAddress.startsWith('127.')) return 0;
  if (localAddress === '0.0.0.0' || localAddress === '::') return 1;
  return localAddress === '::1' ? 2 : 3;
}

function hostOf(address: string): string {
  if (address === '0.0.0.0' || address === '::') return '127.0.0.1';
  return address.includes(':') ? `[${address}]` : address;
}
