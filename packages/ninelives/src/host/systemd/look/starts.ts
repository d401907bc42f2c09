/** The starts of a unit that systemd's start limit may have counted (systemd.unit(5), StartLimitBurst=). */
export interface StartsSeen {
  /** NRestarts at the last look. */
  restarts: number;
  /** Monotonic ms, oldest first. */
  startsAtMs: number[];
  /** How many of the last of them were counted before systemd told their time: the next stamp belongs to one. */
  unstamped: number;
}

/** Enough for any sensible StartLimitBurst=. */
const STARTS_KEPT = 64;

/**
 * Adds what one more look shows. systemd tells when the running main process was started and how many automatic
 * restarts there were, not when each was: those that were not seen count as late as they can have been, so that we
 * err towards fewer kills. A refused start adds one to NRestarts too.
 * @param before null: never looked; then all restarts so far may just have been.
 */
export function noteStarts(
  before: StartsSeen | null,
  now: { restarts: number; mainStartedAtMs: number | null; running: boolean },
  nowMs: number,
  intervalMs: number,
): StartsSeen {
  const horizonMs = nowMs - intervalMs;
  const known = before?.startsAtMs ?? [];
  const { restarts, mainStartedAtMs } = now;
  const startedAtMs = mainStartedAtMs === null ? null : Math.min(mainStartedAtMs, nowMs);
  const isNew = startedAtMs !== null && startedAtMs > horizonMs && !known.includes(startedAtMs);
  // Never looked, or a manual start since, which sets NRestarts back to 0 and is one more itself.
  const anew = before === null || restarts < before.restarts;
  const counted = anew ? restarts + (startedAtMs === null ? 0 : 1) : restarts - before.restarts;
  // NRestarts rises a moment before the new process is there: its stamp, when it comes, is not one more start.
  const awaited = isNew && counted === 0 && before !== null && before.unstamped > 0;
  const earlier = awaited ? known.slice(0, -1) : known;
  const unseen = Math.min(Math.max(0, counted - (isNew ? 1 : 0)), STARTS_KEPT);
  const latestMs = now.running && startedAtMs !== null ? startedAtMs : nowMs;
  const added = [...(isNew ? [startedAtMs] : []), ...Array<number>(unseen).fill(latestMs)];
  const startsAtMs = [...earlier, ...added].filter((atMs) => atMs > horizonMs).sort((a, b) => a - b);
  const unstamped = now.running || isNew ? 0 : unseen + (before?.unstamped ?? 0);
  return { restarts, startsAtMs: startsAtMs.slice(-STARTS_KEPT), unstamped };
}
