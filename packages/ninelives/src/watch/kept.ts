import type { Decision, GuardState } from '../core/decision.js';
import { DEFAULT_POLICY } from '../core/policy.js';
import { initialState } from '../core/state.js';
import type { WatchState } from './state.js';
import type { WatchDecision } from './step.js';

/** How an outer layer's state lies in the record: as a guard's, so that status, incidents and dashboard read it. */
export type KeptWatch = GuardState & { watch: WatchState };

/** What the record commits: the same rows as a guard's, and no intent, ever. */
export function decisionOf(
  decision: Omit<WatchDecision, 'sample' | 'nextMs'> & Partial<Pick<WatchDecision, 'sample'>>,
): Decision {
  const { state, events, incidents, pages, sample } = decision;
  return {
    state: kept(state),
    events,
    incidents,
    pages,
    intent: null,
    closedIntent: null,
    sample: sample ?? null,
  };
}

function kept(watch: WatchState): KeptWatch {
  const { service, desired, verdict, incident } = watch;
  return { ...initialState(service, 'watch-only', DEFAULT_POLICY), desired, verdict, incident, watch };
}

/** Null for a state that a guard wrote: its folder is not ours to watch from. */
export function watchStateOf(state: GuardState): WatchState | null {
  return 'watch' in state ? (state as KeptWatch).watch : null;
}
