import type { Policy } from './policy.js';

/** How many right answers the deadline is learnt from. */
export const LATENCIES_KEPT = 64;
/** Before this many are known a cautious guess stands in. */
const LATENCIES_NEEDED = 3;
const UNLEARNT_MS = 10_000;
/** Ten times the slowest of the recent right answers: far beyond jitter, still seconds for a fast model. */
const FACTOR = 10;
/** Less than this is a matter of the scheduler, not of the service. */
const QUICK_MIN_MS = 600;

/** The deadline of the next probe, learnt from this service's own latency, within the policy's limits. */
export function learntDeadlineMs(latenciesMs: number[], policy: Policy): number {
  const wanted =
    latenciesMs.length < LATENCIES_NEEDED
      ? Math.min(UNLEARNT_MS, policy.deadlineMaxMs)
      : FACTOR * Math.max(...latenciesMs);
  return Math.min(policy.deadlineMaxMs, Math.max(policy.deadlineMinMs, wanted));
}

/** The deadline of a confirmation, where something else speaks against it already: a fast service gets less than `mostMs`. */
export function quickDeadlineMs(latenciesMs: number[], mostMs: number): number {
  const slowestMs = Math.max(0, ...latenciesMs);
  return slowestMs === 0 ? mostMs : Math.min(mostMs, Math.max(QUICK_MIN_MS, FACTOR * slowestMs));
}
