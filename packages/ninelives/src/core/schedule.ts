import type { Draft } from './state.js';
import { RESULT_OF } from './types.js';

/** While loading, ask this often: a refused connection costs nothing, and each wait is downtime. */
const LOADING_MS = 250;
const LOADING_QUICK_FOR_MS = 60_000;

/** When to ask next: after a probe, at once for a new life, never while there is nobody to ask. */
export function scheduleProbe(draft: Draft): void {
  const { state, policy, at } = draft;
  const life = state.life;
  if (!life) {
    state.probeDueAtMs = null;
    return;
  }
  if (!draft.sample) {
    state.probeDueAtMs ??= at.atMs;
    return;
  }
  state.probeDueAtMs = at.atMs + waitMs();

  function waitMs(): number {
    if (!life || life.answeredAtMs === null) {
      const young = life !== null && at.atMs - life.sinceMs < LOADING_QUICK_FOR_MS;
      return young ? Math.min(LOADING_MS, policy.confirmMs) : policy.confirmMs;
    }
    const reason = draft.sample?.reason ?? 'ok';
    const failing = RESULT_OF[reason] === 'fail' || life.failures > 0;
    const recovering = state.incident !== null && life.passes < policy.successThreshold;
    // 429 and the like come from a full queue: asking faster would only add to it.
    return failing || (recovering && reason === 'ok') ? policy.confirmMs : policy.intervalMs;
  }
}
