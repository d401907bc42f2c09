import { open } from 'node:fs/promises';
import type { PortQueues } from '../../core/types.js';
import { parseSockets, type Socket } from '../procfs/sockets.js';

const CHUNK_BYTES = 64 * 1024;
/** Some ten thousand connections; who listens stands first. */
const TABLE_BYTES_MAX = 2 * 1024 * 1024;

/** The TCP sockets of this machine, as far as the beginning of each table shows them; null: could not look. */
export async function readSockets(): Promise<Socket[] | null> {
  const tables = await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map(readTable));
  return tables.every((table) => table === null) ? null : tables.flatMap((table) => table ?? []);
}

/** What waits at a port: connections nobody has accepted, and those whose client has gone. */
export async function readQueues(port: number): Promise<PortQueues | null> {
  const sockets = (await readSockets())?.filter(({ localPort }) => localPort === port);
  if (!sockets) return null;
  const listening = sockets.filter(({ state }) => state === 'LISTEN');
  return {
    waiting: listening.reduce((sum, { receiveQueue }) => sum + receiveQueue, 0),
    closeWait: sockets.filter(({ state }) => state === 'CLOSE-WAIT').length,
  };
}

async function readTable(path: string): Promise<Socket[] | null> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return null;
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    let text = '';
    while (text.length < TABLE_BYTES_MAX) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      text += buffer.toString('latin1', 0, bytesRead);
    }
    return parseSockets(text);
  } finally {
    await file.close();
  }
}
