import type { DoctorRow } from '../row.js';

export function ok(id: string, read: string, means: string): DoctorRow {
  return { id, level: 'ok', read, means, fix: null };
}

export function warn(id: string, read: string, means: string, fix: string | null): DoctorRow {
  return { id, level: 'warn', read, means, fix };
}

export function fail(id: string, read: string, means: string, fix: string): DoctorRow {
  return { id, level: 'fail', read, means, fix };
}

/** The command and the lines to put in its editor; `systemctl edit` reloads by itself. Root is needed for system units. */
export function dropIn({ unit, user }: { unit: string; user: boolean }, lines: string): string {
  const command = user ? `systemctl --user edit ${unit}` : `an admin: sudo systemctl edit ${unit}`;
  return `${command}\n${lines}`;
}

/** As systemd writes it: `90s`, `1.5s`, `2min`. */
export function span(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'infinity';
  if (ms >= 120_000 && ms % 60_000 === 0) return `${ms / 60_000}min`;
  return ms < 1_000 && ms > 0 ? `${ms}ms` : `${ms / 1_000}s`;
}
