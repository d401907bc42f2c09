/** `500ms`, `2s`, `3m`, `1h30m`, `14d`: whole numbers, largest unit first, each unit once. */
export const DURATION_PATTERN = /^(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** @returns milliseconds, or null when it is not a duration or is beyond exact integers. */
export function parseDuration(text: string): number | null {
  const match = DURATION_PATTERN.exec(text);
  if (match === null) return null;
  const ms = UNITS.reduce((sum, [, unitMs], i) => sum + Number(match[i + 1] ?? 0) * unitMs, 0);
  return Number.isSafeInteger(ms) ? ms : null;
}

/** The canonical text of a whole number of milliseconds, as `parseDuration` reads it. */
export function formatDuration(ms: number): string {
  let rest = ms;
  const parts = UNITS.map(([unit, unitMs]) => {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('') || '0s';
}

const WORDS: { [word: string]: number } = {
  ms: 1,
  msec: 1,
  millis: 1,
  millisecond: 1,
  milliseconds: 1,
  '': 1_000,
  s: 1_000,
  sec: 1_000,
  secs: 1_000,
  second: 1_000,
  seconds: 1_000,
  m: 60_000,
  min: 60_000,
  mins: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hrs: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
};

/** What somebody who wrote `30`, `3 minutes` or `1.5h` most likely meant; null when it could be anything. */
export function suggestDuration(text: string): string | null {
  const parts = [...text.toLowerCase().matchAll(/\s*(\d{1,9}(?:\.\d{1,3})?)\s*([a-z]*)[\s,]*/gy)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text.toLowerCase()) return null;
  let ms = 0;
  for (const [, count, word] of parts) {
    if (word === undefined || !Object.hasOwn(WORDS, word)) return null;
    ms += Math.round(Number(count) * (WORDS[word] as number));
  }
  return formatDuration(ms);
}
