import { open } from 'node:fs/promises';
import { runProgram } from '../../host/program.js';
import type { Collector } from '../evidence.js';

const BYTES_MAX = 32 * 1024;
const JOURNAL_LINES = '150';

export interface Log {
  /** A file, or the command that showed it. */
  from: string;
  lines: string[];
}

/** The last lines that the service itself wrote: its own file, or the journal of its unit. */
export const log: Collector<Log> = {
  limitMs: 1_500,
  async collect({ logFile, unit, path, signal }) {
    if (logFile !== null) return tail(logFile);
    if (unit === null || unit.supervisor === 'embedded') return { absent: 'no log file is known' };
    const scope = unit.supervisor === 'systemd-user' ? '--user-unit' : '--unit';
    const args = [
      `${scope}=${unit.unit}`,
      `--lines=${JOURNAL_LINES}`,
      '--no-pager',
      '--quiet',
      '--output=short-iso',
    ];
    const shown = await runProgram('journalctl', args, { path, maxBytes: BYTES_MAX, signal });
    if ('absent' in shown) return shown;
    const lines = linesOf(shown.text);
    if (shown.code !== 0) return { absent: `journalctl: ${lines.at(-1) ?? `exit status ${shown.code}`}` };
    return { from: `journalctl ${scope}=${unit.unit}`, lines };
  },
};

async function tail(file: string): Promise<Log | { absent: string }> {
  const handle = await open(file, 'r').catch(() => null);
  if (handle === null) return { absent: `${file} can't be read` };
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, BYTES_MAX);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    const lines = linesOf(buffer.toString('utf8', 0, bytesRead));
    // The first one is cut where the file is longer.
    return { from: file, lines: size > length ? lines.slice(1) : lines };
  } finally {
    await handle.close();
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
