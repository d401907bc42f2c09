import { readdir, readlink } from 'node:fs/promises';
import { readSockets } from '../../host/look/queues.js';
import type { Socket } from '../../host/procfs/sockets.js';
import type { Collector } from '../evidence.js';

const DESCRIPTORS_MAX = 4_096;
const SOCKETS_MAX = 64;

export interface Sockets {
  port: number | null;
  /** Connections made and not accepted yet, of whoever listens on the port. */
  waitingToBeAccepted: number;
  /** Of the port's connections: state to count. Many in CLOSE-WAIT are clients that have given up. */
  onPort: { [state: string]: number };
  /** Bytes that came in on the port's connections and were never read; a client's good-bye counts as one. */
  unreadBytes: number;
  /** Of the tree and of the port, the ones with the longest queues first. */
  sockets: (Omit<Socket, 'uid' | 'inode'> & { pid: number | null })[];
  more: number;
}

/** The tree's TCP sockets and all of the service's port, with their queues. */
export const sockets: Collector<Sockets> = {
  limitMs: 1_000,
  async collect({ intent, port }) {
    const owners = new Map<number, number>();
    for (const { pid } of intent.targets) {
      for (const inode of await socketsOf(pid)) owners.set(inode, pid);
    }
    const rows = await readSockets();
    if (rows === null || rows.length === 0) return { absent: 'the tables of sockets could not be read' };
    const onPort = rows.filter((row) => row.localPort === port);
    const connections = onPort.filter((row) => row.state !== 'LISTEN');
    const states: { [state: string]: number } = {};
    for (const { state } of connections) states[state] = (states[state] ?? 0) + 1;
    const ours = rows.filter((row) => owners.has(row.inode) || (port !== null && row.localPort === port));
    const queued = (row: Socket) => row.receiveQueue + row.sendQueue;
    return {
      port,
      waitingToBeAccepted: sum(onPort.filter((row) => row.state === 'LISTEN').map((row) => row.receiveQueue)),
      onPort: states,
      unreadBytes: sum(connections.map((row) => row.receiveQueue)),
      sockets: ours
        .sort((a, b) => Number(b.state === 'LISTEN') - Number(a.state === 'LISTEN') || queued(b) - queued(a))
        .slice(0, SOCKETS_MAX)
        .map(({ uid: _uid, inode, ...row }) => ({ pid: owners.get(inode) ?? null, ...row })),
      more: Math.max(0, ours.length - SOCKETS_MAX),
    };
  },
};

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

async function socketsOf(pid: number): Promise<number[]> {
  const folder = `/proc/${pid}/fd`;
  const names = (await readdir(folder).catch(() => [])).slice(0, DESCRIPTORS_MAX);
  const links = await Promise.all(names.map((name) => readlink(`${folder}/${name}`).catch(() => '')));
  return links.flatMap((link) => {
    const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
    return inode === undefined ? [] : [Number(inode)];
  });
}
