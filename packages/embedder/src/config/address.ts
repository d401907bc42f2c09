import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { codeOf, EmbedderError, messageOf } from '../errors.js';

/** Turns a failed listen into an error that names the port's owner where /proc shows it. */
export function describeListenError(error: unknown, host: string, port: number): EmbedderError {
  if (codeOf(error) === 'EADDRINUSE') {
    const owner = portOwner(port);
    const who = owner === undefined ? 'another process' : `process ${owner.pid} (${owner.command})`;
    return new EmbedderError(
      'ADDRESS_IN_USE',
      `port ${port} on ${host} is already in use by ${who}`,
      `stop it, or choose another port: ninelives-embedder --port ${port === 65_535 ? 8089 : port + 1}`,
      error,
    );
  }
  return new EmbedderError(
    'ADDRESS_UNUSABLE',
    `cannot listen on ${host}:${port}: ${messageOf(error)}`,
    'choose an address of this machine and a port from 1024 up: --host 127.0.0.1 --port 8088',
    error,
  );
}

/** The process that listens on a TCP port, if it is ours to see; other users' processes are not. */
export function portOwner(port: number): { pid: number; command: string } | undefined {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const pid of list('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of list(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${fd}`))?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      const command = read(`/proc/${pid}/cmdline`).split('\0').filter(Boolean).join(' ').slice(0, 160);
      return { pid: Number(pid), command };
    }
  }
  return undefined;
}

function listeningInodes(port: number): Set<string> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = `${read('/proc/net/tcp')}\n${read('/proc/net/tcp6')}`
    .split('\n')
    .map((row) => row.trim().split(/\s+/));
  const LISTEN = '0A';
  const found = rows
    .filter((row) => row[1]?.endsWith(`:${hex}`) && row[3] === LISTEN)
    .map((row) => row[9] ?? '');
  return new Set(found);
}

// Processes come and go while /proc is read, and others' are closed to us: what cannot be read is not the answer.
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

function readLink(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
