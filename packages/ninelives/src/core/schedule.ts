import { learntDeadlineMs, quickDeadlineMs } from './deadline.js';
import type { Life } from './life.js';
import type { Policy } from './policy.js';
import { hasCounter, isUrgent } from './silence.js';
import type { Draft } from './state.js';
import { RESULT_OF } from './types.js';

/** While loading, ask this often: a refused connection costs nothing, and each wait is downtime. */
const LOADING_MS = 250;
const LOADING_QUICK_FOR_MS = 60_000;
/** With a process of it stopped or gone, three quick questions are confirmation enough. */
const URGENT_WAIT_MS = 200;
const URGENT_DEADLINE_MS = 1_000;

/** When to ask next, and how long to wait for the answer. */
export function scheduleProbe(draft: Draft): void {
  const { state, policy, at } = draft;
  const { life } = state;
  if (!life) {
    state.probeDueAtMs = null;
    return;
  }
  const learntMs = learntDeadlineMs(state.latenciesMs, policy);
  if (isUrgent(life, state.unit)) {
    state.probeDeadlineMs = Math.min(learntMs, quickDeadlineMs(state.latenciesMs, URGENT_DEADLINE_MS));
    const due = at.atMs + Math.min(URGENT_WAIT_MS, policy.confirmMs);
    // Don't sit out a calm interval when a process was just seen to be stopped or gone.
    const later = draft.sample !== null || state.probeDueAtMs === null;
    state.probeDueAtMs = later ? due : Math.min(state.probeDueAtMs ?? due, due);
    return;
  }
  const confirming = life.failures > 0 && hasCounter(life, at.atMs);
  // A counter tells work from silence, so what was asked once in full may be asked again in half the time, or less.
  const halfMs = Math.max(policy.deadlineMinMs, learntMs) / 2;
  state.probeDeadlineMs = confirming ? quickDeadlineMs(state.latenciesMs, halfMs) : learntMs;
  if (draft.sample) state.probeDueAtMs = at.atMs + waitMs(draft, life, policy, confirming);
  else if (confirming) {
    // It has just become known that a counter stands still: no need to sit out the longer wait.
    const due = at.atMs + policy.confirmMs / 4;
    state.probeDueAtMs = Math.min(state.probeDueAtMs ?? due, due);
  } else state.probeDueAtMs ??= at.atMs;
}

function waitMs(draft: Draft, life: Life, policy: Policy, confirming: boolean): number {
  if (life.answeredAtMs === null) {
    const young = draft.at.atMs - life.sinceMs < LOADING_QUICK_FOR_MS;
    return young ? Math.min(LOADING_MS, policy.confirmMs) : policy.confirmMs;
  }
  if (confirming) return policy.confirmMs / 4;
  const reason = draft.sample?.reason ?? 'ok';
  const failing = RESULT_OF[reason] === 'fail' || life.failures > 0;
  const recovering = draft.state.incident !== null && life.passes < policy.successThreshold;
  // 429 and the like come from a full queue: asking faster would only add to it.
  return failing || (recovering && reason === 'ok') ? policy.confirmMs : policy.intervalMs;
}
