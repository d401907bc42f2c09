/** When an outer layer believes what it sees, and how often it says so. Durations in ms. */
export interface WatchPolicy {
  /** Between looks while nothing changes. */
  everyMs: number;
  /** After a look that changes something: a first failure, a first answer after an outage. */
  confirmMs: number;
  /** Looks in a row: one blip is not a loss. */
  failureThreshold: number;
  successThreshold: number;
  /** An open incident that nobody has acknowledged is told again after this. */
  remindMs: number;
  /** Whole attempt: connect, answer, body. */
  deadlineMs: number;
  /** A certificate that ends within this is told, and once more when a fifth of it is left. */
  tlsWarnMs: number;
}

/**
 * At 480 looks a day and 1 % of them failing by chance, one failure in a row pages 4.8 times a day, two every 21 days,
 * three every 5.8 years: so three. The confirmations follow within half a minute, so that it costs no detection time.
 */
export const DEFAULT_WATCH_POLICY: WatchPolicy = {
  everyMs: 3 * 60_000,
  confirmMs: 30_000,
  failureThreshold: 3,
  successThreshold: 2,
  remindMs: 4 * 60 * 60_000,
  deadlineMs: 30_000,
  tlsWarnMs: 14 * 86_400_000,
};

/** A certificate is looked at this often while all is well. */
export const CERTIFICATE_EVERY_MS = 6 * 60 * 60_000;

/**
 * The longest time from a loss to its page's leaving, if the notifier takes it at once: the loss begins right after a
 * good look, and every look runs into its deadline.
 */
export function worstNoticeMs(policy: WatchPolicy): number {
  const { everyMs, confirmMs, failureThreshold, deadlineMs } = policy;
  return everyMs + (failureThreshold - 1) * confirmMs + failureThreshold * lookLimitMs(deadlineMs);
}

/** The shortest: every look fails at once, and the first one comes right after the loss. */
export function soonestNoticeMs({ failureThreshold, confirmMs }: WatchPolicy): number {
  return (failureThreshold - 1) * confirmMs;
}

/** One look at most: the public way, and then everything else side by side within the same limit. */
export function lookLimitMs(deadlineMs: number): number {
  return 2 * deadlineMs;
}
