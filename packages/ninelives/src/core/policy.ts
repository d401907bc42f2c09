/** How this service is judged and what may be done about it. Durations in ms. See `policy.ts` for defaults. */
export interface Policy {
  intervalMs: number;
  /** The wait after a failure, instead of a whole interval. */
  confirmMs: number;
  /** The learnt deadline stays within these. */
  deadlineMinMs: number;
  deadlineMaxMs: number;
  failureThreshold: number;
  successThreshold: number;
  /** Wrong, erroring and intermittent answers: this many failures among the last `judgedOf`. */
  judgedFailures: number;
  judgedOf: number;
  /** At work (CPU, I/O) without completing anything that can be seen: this long at the most. */
  busyLimitMs: number;
  /** Nothing at all moves, and everything can be seen. */
  idlePatienceMs: number;
  /** Event loop blocked and burning CPU; also 503 after start-up. */
  jamPatienceMs: number;
  /** Its work can't be seen from here: this, or `opaqueFactor` times the longest it ever needed, if that is more. */
  opaquePatienceMs: number;
  opaqueFactor: number;
  /** Silence with answers in between, and 503 after start-up: busy looks like this too, so ask for more. */
  intermittentFailures: number;
  intermittentOf: number;
  startupGraceMs: number;
  /** After the grace: no measurable movement for this long means stuck. */
  startupStallMs: number;
  killsMax: number;
  windowMs: number;
  /** After `killsMax` kills that did not help: wait this long, doubling up to the limit. */
  slowMs: number;
  slowMaxMs: number;
  /** Serving for this long ends a series of kills. */
  stableMs: number;
  /** An incident open for longer than this is a person's. */
  escalateAfterMs: number;
  /** A leak is looked for in samples this far apart at first; 0: not at all. */
  leakEveryMs: number;
  /** How many times as far ahead as it was seen to grow it is believed to go on growing. */
  leakForesight: number;
  /** Memory that will be used up within this time is told to a person. */
  leakHorizonMs: number;
  /** Leftovers of a dead incarnation get this long to go by themselves. */
  leftoverGraceMs: number;
}

/** Defaults of a resident guard; each with its reason. */
export const DEFAULT_POLICY: Policy = {
  // Cheap probe on an idle box: two seconds finds a hang before a person does.
  intervalMs: 2_000,
  confirmMs: 1_000,
  // Below 2 s a garbage collection or a page-in reads as a hang; 30 s is the original account's limit.
  deadlineMinMs: 2_000,
  deadlineMaxMs: 30_000,
  // Three in a row: at 1 % transient failure that is one false alarm in years, not days.
  failureThreshold: 3,
  successThreshold: 2,
  judgedFailures: 3,
  judgedOf: 5,
  // A legitimate batch of minutes is work; five minutes without a single completion is not.
  busyLimitMs: 5 * 60_000,
  // Long enough for a paused container or a slow disk, short enough for a person not to notice.
  idlePatienceMs: 20_000,
  // A stall of 15 s (a huge garbage collection, a synchronous download) is left alone.
  jamPatienceMs: 30_000,
  opaquePatienceMs: 90_000,
  opaqueFactor: 3,
  intermittentFailures: 6,
  intermittentOf: 10,
  // A 15 GB model from a cold disk takes minutes; after that, only standing still counts.
  startupGraceMs: 5 * 60_000,
  startupStallMs: 60_000,
  // Under systemd's default burst of 5, with room for natural crashes.
  killsMax: 3,
  windowMs: 30 * 60_000,
  slowMs: 30 * 60_000,
  slowMaxMs: 2 * 60 * 60_000,
  stableMs: 10 * 60_000,
  escalateAfterMs: 15 * 60_000,
  // A fast leak shows in two minutes; the samples grow apart, so that a slow one has hours to show in.
  leakEveryMs: 10_000,
  // A model that warms up for a minute is no leak.
  leakForesight: 10,
  // A day: somebody who is told in the evening need not get up at night.
  leakHorizonMs: 24 * 60 * 60_000,
  leftoverGraceMs: 2_000,
};
