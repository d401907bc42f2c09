import type { CheapAnswer } from '../../core/types.js';
import type { CheapTally } from '../report.js';

/** An answer with the monotonic moment at which it was there. */
export interface TimedAnswer extends CheapAnswer {
  atMs: number;
}

/**
 * Counts what each cheap endpoint said up to a moment: after the kill it is not the stuck process that answers.
 * Paths in the order in which they were first asked.
 */
export function tallyCheap(answers: readonly TimedAnswer[], untilMs: number): CheapTally[] {
  const tallies = new Map<string, CheapTally>();
  for (const { path, status, tookMs, atMs } of answers) {
    if (atMs > untilMs) continue;
    const tally = tallies.get(path) ?? { path, asked: 0, statuses: {}, silent: 0, slowestMs: null };
    tallies.set(path, tally);
    tally.asked += 1;
    if (status === null) tally.silent += 1;
    else {
      tally.statuses[status] = (tally.statuses[status] ?? 0) + 1;
      tally.slowestMs = Math.max(tally.slowestMs ?? 0, Math.round(tookMs));
    }
  }
  return [...tallies.values()];
}
