import type { Life } from './life.js';
import type { ProbeReason } from './types.js';

/** Reasons that are silence: nothing came back. Only these count one by one towards `failureThreshold`. */
export const SILENT: ReadonlySet<ProbeReason> = new Set(['timeout', 'refused', 'reset']);

/** Everything that was held against this incarnation, or in its favour, begins anew. */
export function resetRun(life: Life): void {
  endFull(life);
  life.failures = 0;
  life.passes = 0;
  life.recent = [];
  life.firstFailureAtMs = null;
  life.firstFailureWallMs = null;
}

/** When others' work was last seen to complete, asked for or not. */
export function lastDoneAtMs({ lastCompletionAtMs, sight }: Life): number {
  const never = Number.NEGATIVE_INFINITY;
  return Math.max(lastCompletionAtMs ?? never, sight?.completedAtMs ?? never);
}

/** Its queue is not full any more. */
export function endFull(life: Life): void {
  life.fullSinceMs = null;
  life.fullAnswers = 0;
  life.fullHarm = null;
}

/** Something came back, or work got done: no run of silence is left. */
export function endSilence(life: Life): void {
  life.failures = 0;
  // Its place in the window of M of N stays: were it taken out, finished work could complete the M for a kill.
  life.recent = life.recent.map((reason) => (SILENT.has(reason) ? 'busy' : reason));
  forgetGpu(life);
}

/** Something has come of the work on its GPU: it says nothing of a later silence. */
export function forgetGpu(life: Life): void {
  if (life.sight?.gpuAtMs === undefined) return;
  const { gpuAtMs: _, ...sight } = life.sight;
  life.sight = sight;
}
