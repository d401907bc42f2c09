import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Where a command writes: colours only on a terminal that wants them (https://no-color.org). */
export interface Terminal {
  out(line: string): void;
  err(line: string): void;
  style(style: Style, text: string): string;
  /** Columns, or null where the output is not a terminal. */
  columns: number | null;
}

export function createTerminal(
  stdout: NodeJS.WriteStream,
  env: { [name: string]: string | undefined },
): Terminal {
  const colour = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb';
  return {
    out: (line) => void stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    style: (style, text) => (colour ? styleText(style, text) : text),
    columns: stdout.isTTY ? stdout.columns : null,
  };
}

/** `03:32:10` in UTC, as the rest of the record; people on call compare it with other logs. */
export function clockTime(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(11, 19)}Z`;
}

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`. */
export function span(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
