import type { Policy } from './types.js';

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
  leftoverGraceMs: 2_000,
};
