import { runProgram } from '../program.js';

/**
 * Sockets (by inode) that serve a port of this machine and only wait for a next request: both sides have been silent for
 * `quietMs`, and the server had the last word. What waits for an answer is not among them, however long it takes.
 * By `ss` of iproute2, which needs no root; none where it is missing.
 */
export async function restingSockets(
  port: number,
  quietMs: number,
  options: { path: string; signal: AbortSignal },
): Promise<ReadonlySet<number>> {
  const args = ['-Htnie', 'state', 'established', `( sport = :${port} )`];
  const told = await runProgram('ss', args, { ...options, maxBytes: 4 * 1024 * 1024 });
  return 'absent' in told ? new Set() : parseResting(told.text, quietMs);
}

/** Of `ss -Htnie`: two lines a socket, the second indented; a time of zero is left out. Pure and total. */
export function parseResting(text: string, quietMs: number): Set<number> {
  const resting = new Set<number>();
  for (const socket of text.split(/\n(?=\S)/)) {
    const numberOf = (name: string) => Number(new RegExp(`\\b${name}:(\\d+)\\b`).exec(socket)?.[1] ?? 0);
    // Where both are of one tick of the kernel's clock, a question may have come right after an answer.
    const answered = numberOf('lastsnd') < numberOf('lastrcv');
    if (numberOf('ino') > 0 && answered && numberOf('lastsnd') >= quietMs) resting.add(numberOf('ino'));
  }
  return resting;
}
