/** How long clients waited: from the arrival of a request to its whole answer. Times in ms. */
export interface Answers {
  count: number;
  sumMs: number;
  /** So many took no longer than the bound of the same place in BOUNDS_MS; the last holds the rest. Not cumulative. */
  within: number[];
  /** The slowest of this while, and of the one before: see SLOWEST_MS. */
  slowest: { sinceMs: number; nowMs: number; beforeMs: number };
}

/** Bounds of the histogram: from an embedding on a GPU to the longest hold. */
export const BOUNDS_MS: readonly number[] = [
  5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 100_000,
];
/** The slowest is told for this long at least, and forgotten after twice as long. */
const SLOWEST_MS = 5_000;

export function noAnswers(): Answers {
  const slowest = { sinceMs: Number.NEGATIVE_INFINITY, nowMs: 0, beforeMs: 0 };
  return { count: 0, sumMs: 0, within: new Array<number>(BOUNDS_MS.length + 1).fill(0), slowest };
}

export function countAnswer(answers: Answers, tookMs: number, atMs: number): void {
  answers.count += 1;
  answers.sumMs += tookMs;
  const found = BOUNDS_MS.findIndex((bound) => tookMs <= bound);
  const at = found < 0 ? BOUNDS_MS.length : found;
  answers.within[at] = (answers.within[at] ?? 0) + 1;
  const { slowest } = answers;
  if (atMs - slowest.sinceMs >= SLOWEST_MS) {
    slowest.beforeMs = slowestAt(answers, atMs) === null ? 0 : slowest.nowMs;
    slowest.nowMs = 0;
    slowest.sinceMs = atMs;
  }
  slowest.nowMs = Math.max(slowest.nowMs, tookMs);
}

/** The slowest answer of the last seconds; null when there was none. */
export function slowestAt({ slowest }: Answers, atMs: number): number | null {
  if (atMs - slowest.sinceMs >= 2 * SLOWEST_MS) return null;
  return Math.max(slowest.nowMs, slowest.beforeMs);
}
