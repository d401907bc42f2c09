/**
 * Text of proc(5) to values. Pure and total: whatever the text, no parser throws; what can't be read is null
 * or left out, since a process may end between two reads of its files.
 */

/** The fields of /proc/PID/stat that matter here; numbers as in proc_pid_stat(5). */
export interface Stat {
  pid: number;
  /** Up to 15 bytes of the program's name; may hold spaces, brackets and newlines. */
  comm: string;
  state: string;
  ppid: number;
  pgrp: number;
  session: number;
  utimeTicks: number;
  stimeTicks: number;
  /** Threads, the first one included; 0 when the process has just been reaped. */
  threads: number;
  startTicks: number;
  rssPages: number;
}

/** A socket in state LISTEN, from /proc/net/tcp or tcp6. */
export interface Listener {
  port: number;
  uid: number;
  inode: number;
}

export function parseStat(text: string): Stat | null {
  // comm may hold anything, so its end is the *last* bracket (proc_pid_stat(5)).
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const rest = text.slice(close + 2).split(' ');
  const field = (number: number) => Number(rest[number - 3]);
  const stat: Stat = {
    pid: Number(text.slice(0, open)),
    comm: text.slice(open + 1, close),
    state: rest[0] ?? '',
    ppid: field(4),
    pgrp: field(5),
    session: field(6),
    utimeTicks: field(14),
    stimeTicks: field(15),
    threads: field(20),
    startTicks: field(22),
    rssPages: field(24),
  };
  // A cut line lacks its last fields, and what is missing is NaN: so their sum tells.
  const sum = stat.pid + stat.ppid + stat.pgrp + stat.session + stat.utimeTicks + stat.stimeTicks;
  const whole = Number.isSafeInteger(sum + stat.threads + stat.startTicks + stat.rssPages) && stat.pid > 0;
  return whole && /^[A-Za-z]$/.test(stat.state) ? stat : null;
}

/** The real uid, the one that kill(2) goes by, from /proc/PID/status. */
export function parseRealUid(status: string): number | null {
  const match = /^Uid:\s+(\d+)/m.exec(status);
  return match ? Number(match[1]) : null;
}

/** The value of one variable in /proc/PID/environ (NUL-separated), or null. */
export function environValue(environ: string, name: string): string | null {
  const prefix = `${name}=`;
  const entry = environ.split('\0').find((candidate) => candidate.startsWith(prefix));
  return entry === undefined ? null : entry.slice(prefix.length);
}

/** /proc/PID/cmdline (NUL-separated) as an argument list. */
export function parseCmdline(cmdline: string): string[] {
  const words = cmdline.split('\0');
  if (words.at(-1) === '') words.pop();
  return words;
}

/** The path in the unified hierarchy (cgroups(7), line `0::/path`), or null on cgroup v1 only. */
export function parseCgroup(text: string): string | null {
  const match = /^0::(\/.*)$/m.exec(text);
  return match?.[1] ?? null;
}

/** read_bytes + write_bytes + rchar + wchar of /proc/PID/io: any of them moving is movement. */
export function parseIoBytes(text: string): number {
  let sum = 0;
  for (const match of text.matchAll(/^(?:rchar|wchar|read_bytes|write_bytes): (\d+)$/gm)) {
    sum += Number(match[1]);
  }
  return sum;
}

/** LISTEN sockets of /proc/net/tcp or tcp6 (proc_net(5): state 0A, addresses and ports in hex). */
export function parseListeners(text: string): Listener[] {
  const listeners: Listener[] = [];
  for (const line of text.split('\n')) {
    const fields = line.trim().split(/\s+/);
    if (fields[3] !== '0A') continue;
    const port = Number.parseInt(fields[1]?.split(':').at(-1) ?? '', 16);
    const uid = Number(fields[7]);
    const inode = Number(fields[9]);
    if ([port, uid, inode].every(Number.isSafeInteger)) listeners.push({ port, uid, inode });
  }
  return listeners;
}

/** Page size and clock ticks a second from /proc/self/auxv (getauxval(3): AT_PAGESZ 6, AT_CLKTCK 17). */
export function parseAuxv(auxv: Uint8Array): { pageBytes: number; ticksPerSecond: number } {
  const words = new DataView(auxv.buffer, auxv.byteOffset, auxv.byteLength);
  const values = new Map<number, number>();
  for (let offset = 0; offset + 16 <= auxv.byteLength; offset += 16) {
    values.set(Number(words.getBigUint64(offset, true)), Number(words.getBigUint64(offset + 8, true)));
  }
  return { pageBytes: values.get(6) || 4096, ticksPerSecond: values.get(17) || 100 };
}
