/** How the report and the dashboard put times and numbers. Pure, and the same in the browser. */

/** `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 2 h`. */
export function duration(ms: number): string {
  if (ms < 9_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  return hours % 24 ? `${Math.floor(hours / 24)} d ${hours % 24} h` : `${hours / 24} d`;
}

/** `8 ms`, `1.2 s`. */
export function latency(ms: number): string {
  return ms < 1_000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `2026-11-23 00:29:40Z`: UTC, as the rest of the record. */
export function utc(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 19).replace('T', ' ').concat('Z');
}

/** As many nines as there are: `100 %`, `99.98 %`, never rounded up to a hundred. */
export function percent(ratio: number | null): string {
  if (ratio === null) return 'not measured';
  if (ratio >= 1) return '100 %';
  const digits = ratio >= 0.999 ? 3 : 2;
  const scale = 10 ** digits;
  return `${(Math.floor(ratio * 100 * scale) / scale).toFixed(digits)} %`;
}

export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
