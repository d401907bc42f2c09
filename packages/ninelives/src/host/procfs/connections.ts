import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** An established TCP connection, seen from one of its ends. */
export interface Connection {
  localPort: number;
  remotePort: number;
  inode: number;
}

/** ESTABLISHED sockets of /proc/net/tcp or tcp6 (proc_net(5): state 01, ports in hex). Pure and total. */
export function parseEstablished(text: string): Connection[] {
  const connections: Connection[] = [];
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[3] !== '01') continue;
    const port = (field: string | undefined) => Number.parseInt(field?.split(':').at(-1) ?? '', 16);
    const connection = { localPort: port(fields[1]), remotePort: port(fields[2]), inode: Number(fields[9]) };
    if (Object.values(connection).every(Number.isSafeInteger)) connections.push(connection);
  }
  return connections;
}

/**
 * The server's ends of connections to a port of this machine, less those whose client is a process of `ours`. null: could
 * not look.
 * Tables and sockets can't be read at one moment: what one of ours opens or closes meanwhile looks foreign, once.
 * Hence the second look at whatever does.
 */
export function foreignClients(port: number, ours: readonly number[]): Connection[] | null {
  const seen = lookOnce(port, ours);
  if (seen === null || seen.length === 0) return seen;
  const before = new Set(seen.map(({ remotePort }) => remotePort));
  return lookOnce(port, ours)?.filter(({ remotePort }) => before.has(remotePort)) ?? null;
}

function lookOnce(port: number, ours: readonly number[]): Connection[] | null {
  const before = ours.flatMap(socketsOf);
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].map(readTable);
  if (tables.every((table) => table === null)) return null;
  const connections = tables.flatMap((table) => parseEstablished(table ?? ''));
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

/** The inodes of a process's sockets; none where we may not look. */
function socketsOf(pid: number): number[] {
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    // Gone, or another user's.
    return [];
  }
  return names.flatMap((name) => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1];
      return inode === undefined ? [] : [Number(inode)];
    } catch {
      // Closed since it was listed.
      return [];
    }
  });
}
