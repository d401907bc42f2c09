import { constants } from 'node:os';

/**
 * Text of `systemctl show` to values. Pure and total: whatever the text, nothing throws. Names and meaning of the
 * properties: org.freedesktop.systemd1(5); the formats are those of systemctl(1), "show".
 */
export type Properties = ReadonlyMap<string, string>;

/**
 * `Name=value` lines. The first line of a name wins: a command line (`ExecStart=`) may hold a line break, and what
 * follows it must not pass for a property; systemctl prints the service's state before its command lines. Only of
 * `Exec…=`, one line a command, all are kept, with a line break in between.
 */
export function parseShow(text: string): Properties {
  const properties = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z][A-Za-z0-9]*)=(.*)$/.exec(line);
    const [, name, value] = match ?? [];
    if (name === undefined || value === undefined) continue;
    const before = properties.get(name);
    if (before === undefined) properties.set(name, value);
    else if (/^Exec[A-Z][a-z]+(Pre|Post)?$/.test(name)) properties.set(name, `${before}\n${value}`);
  }
  return properties;
}

const SPAN_MS: { [unit: string]: number } = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
  month: 2_629_800_000,
  y: 31_557_600_000,
};

/** A time span as systemd prints it (systemd.time(7)): `100ms`, `1min 30s`, `infinity`, `0`. null: not one. */
export function parseSpanMs(text: string): number | null {
  if (text === 'infinity') return Number.POSITIVE_INFINITY;
  if (text === '0') return 0;
  const words = text.split(' ').map((word) => /^(\d+(?:\.\d+)?)(us|ms|s|min|h|d|w|month|y)$/.exec(word));
  let sumMs = 0;
  for (const word of words) {
    const [, count, unit] = word ?? [];
    if (count === undefined || unit === undefined) return null;
    sumMs += Number(count) * (SPAN_MS[unit] as number);
  }
  return sumMs;
}

/** A CLOCK_MONOTONIC stamp in microseconds, as ms; null for 0, which means never. */
export function parseStampMs(text: string): number | null {
  const micros = /^\d{1,16}$/.test(text) ? Number(text) : 0;
  return micros > 0 ? micros / 1_000 : null;
}

/** A count or a pid; null when it is none. */
export function parseCount(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** `SuccessExitStatus=` and its kin: numbers are exit codes and never signals, so 9 and 137 do not mean SIGKILL. */
export interface ExitStatuses {
  codes: number[];
  /** With the SIG prefix: `SIGKILL`. */
  signals: string[];
}

export function parseExitStatuses(text: string): ExitStatuses {
  const words = text.split(/\s+/).filter((word) => word !== '');
  return {
    codes: words.filter((word) => /^\d+$/.test(word)).map(Number),
    signals: words.filter((word) => /^[A-Z]/.test(word)).map((word) => `SIG${word.replace(/^SIG/, '')}`),
  };
}

/** How the main process ended, in words; null while it runs or when it never ran. Codes: siginfo_t's CLD_*. */
export function exitText(properties: Properties): string | null {
  const code = properties.get('ExecMainCode') ?? '0';
  const status = parseCount(properties.get('ExecMainStatus') ?? '') ?? 0;
  if (code === '1') return `exit status ${status}`;
  if (code === '2') return signalName(status);
  if (code === '3') return `${signalName(status)} (core dumped)`;
  return null;
}

function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `signal ${number}`;
}
