import type { BeaconState } from './state.js';

const GAPS_KEPT = 200;

/** How punctual the scheduler is, measured by itself: it stops, or comes hours late, without an error anywhere. */
export interface Lateness {
  /** Since the pass before, ms; null for the first. */
  gapMs: number | null;
  /** Later than promised by, ms. */
  lateMs: number;
  passes: number;
  medianGapMs: number | null;
  p95GapMs: number | null;
  longestGapMs: number | null;
}

/** Notes this pass in the state, and says how late it is. */
export function noteLateness(state: BeaconState, wallMs: number, everyMs: number): Lateness {
  const gapMs = state.lastPassWallMs === null ? null : Math.max(0, wallMs - state.lastPassWallMs);
  state.lastPassWallMs = wallMs;
  if (gapMs !== null) state.gapsMs = [...state.gapsMs, gapMs].slice(-GAPS_KEPT);
  const sorted = state.gapsMs.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
  return {
    gapMs,
    lateMs: Math.max(0, (gapMs ?? 0) - everyMs),
    passes: sorted.length + 1,
    medianGapMs: at(0.5),
    p95GapMs: at(0.95),
    longestGapMs: sorted.at(-1) ?? null,
  };
}
