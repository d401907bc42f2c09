import type { Decision, GuardState, KillIntent } from '../core/decision.js';
import { initialState } from '../core/state.js';
import { step } from '../core/step.js';
import type { Observation } from '../core/types.js';
import type { GuardOptions } from './ports.js';

/** An observation before it is stamped: the line stamps it itself, at the moment it is taken in. */
export type Unstamped = Observation extends infer O
  ? O extends Observation
    ? Omit<O, 'atMs' | 'wallMs'>
    : never
  : never;

/** The single-writer line: take in, step, commit, perform. */
export interface Line {
  take(observation: Unstamped, consumed?: number[]): void;
  perform(intent: KillIntent): void;
  state(): GuardState;
  resume(state: GuardState): void;
  stop(): void;
}

/**
 * One service's straight line: an observation is taken in, the core steps, the record commits, the intent is
 * performed, and its outcome comes back as an observation. Nothing here decides anything.
 * @param performed runs after the outcome of a kill was taken in
 */
export function createLine(options: GuardOptions, performed: () => void): Line {
  const { service, policy, ports, timing, commit } = options;
  const { clock } = ports;
  let state = initialState(service, options.power, policy);
  let stopped = false;
  let lastCommitAtMs = 0;

  function take(observation: Unstamped, consumed: number[] = []): void {
    if (stopped) return;
    const at = { atMs: clock.monotonicMs(), wallMs: clock.wallMs() };
    const seen = { ...observation, ...at } as Observation;
    let decision = step(state, seen, policy);
    const due = at.atMs - lastCommitAtMs >= timing.flushMs;
    if (hasNews(decision) || consumed.length > 0 || due) {
      if (commit(decision, consumed, at.wallMs) === 'refused') {
        // What was seen counts all the same; only the kill that would follow from it may not be.
        decision = step(state, { ...seen, noKill: 'no-record' }, policy);
        commit(decision, consumed, at.wallMs);
      }
      lastCommitAtMs = at.atMs;
      state = decision.state;
      ports.committed(decision);
    } else state = decision.state;
    if (decision.intent) perform(decision.intent);
  }

  function perform(intent: KillIntent): void {
    ports.kill(intent, (report) => {
      take({ type: 'killed', intentId: intent.id, ...report });
      performed();
    });
  }

  return {
    take,
    perform,
    state: () => state,
    resume(stored) {
      state = stored;
    },
    stop() {
      stopped = true;
    },
  };
}

function hasNews(decision: Decision): boolean {
  return (
    decision.events.length > 0 ||
    decision.incidents.length > 0 ||
    decision.pages.length > 0 ||
    decision.intent !== null ||
    decision.closedIntent !== null ||
    decision.sample !== null
  );
}
