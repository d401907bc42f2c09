import { readFileSync } from 'node:fs';
import { socketsOf } from './descriptors.js';
import { parseSockets, type Socket } from './sockets.js';

/**
 * The server's ends of connections to a port of this machine, less those whose client is a process of `ours`. null: could
 * not look.
 * Tables and sockets can't be read at one moment: what one of ours opens or closes meanwhile looks foreign, once.
 * Hence the second look at whatever does.
 */
export function foreignClients(port: number, ours: readonly number[]): Socket[] | null {
  const seen = lookOnce(port, ours);
  if (seen === null || seen.length === 0) return seen;
  const before = new Set(seen.map(({ remotePort }) => remotePort));
  return lookOnce(port, ours)?.filter(({ remotePort }) => before.has(remotePort)) ?? null;
}

function lookOnce(port: number, ours: readonly number[]): Socket[] | null {
  const before = ours.flatMap(socketsOf);
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(readTable);
  if (tables.every((table) => table === null)) return null;
  const connections = tables
    .flatMap((table) => parseSockets(table ?? ''))
    .filter(({ state }) => state === 'ESTABLISHED');
  const mine = new Set([...before, ...ours.flatMap(socketsOf)]);
  // Both ends are in the tables when the client is on this machine, perhaps one in each (IPv4 in IPv6).
  const own = new Set(
    connections.filter((end) => end.remotePort === port && mine.has(end.inode)).map((end) => end.localPort),
  );
  return connections.filter((end) => end.localPort === port && !own.has(end.remotePort));
}

function readTable(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // No such table: IPv6 is off, or there is no /proc.
    return null;
  }
}
