import type { GuardState, RecordEvent } from '../core/decision.js';
import { type ProbeReason, RESULT_OF } from '../core/types.js';

/** What one guard has counted since it started; a restart of the guard is an ordinary reset of its counters. */
export interface Tally {
  probes: Map<ProbeReason, number>;
  probeSecondsSum: number;
  kills: number;
  killOutcomes: Map<string, number>;
  incidents: { drill: number; real: number };
  resolved: number;
  escalations: number;
  incarnations: number;
  lastProbeWallMs: number | null;
  lastLookWallMs: number | null;
}

export function freshTally(): Tally {
  return {
    probes: new Map(Object.keys(RESULT_OF).map((reason) => [reason as ProbeReason, 0])),
    probeSecondsSum: 0,
    kills: 0,
    killOutcomes: new Map(),
    incidents: { drill: 0, real: 0 },
    resolved: 0,
    escalations: 0,
    incarnations: 0,
    lastProbeWallMs: null,
    lastLookWallMs: null,
  };
}

/** Takes in one row of the story. */
export function tallyEvent(tally: Tally, event: RecordEvent, drill: boolean): void {
  switch (event.type) {
    case 'kill':
      tally.kills += 1;
      break;
    case 'kill-outcome': {
      const outcome = String(event.data?.outcome ?? 'unknown');
      tally.killOutcomes.set(outcome, (tally.killOutcomes.get(outcome) ?? 0) + 1);
      break;
    }
    case 'incident-opened':
      tally.incidents[drill ? 'drill' : 'real'] += 1;
      break;
    case 'incident-resolved':
      tally.resolved += 1;
      break;
    case 'escalated':
      tally.escalations += 1;
      break;
    case 'incarnation':
      tally.incarnations += 1;
      break;
    default: // tells of nothing that is counted
  }
}

/** Takes in the state after a commit: a probe that was not there before counts once. */
export function tallyState(tally: Tally, before: GuardState | null, state: GuardState, wallMs: number): void {
  tally.lastLookWallMs = wallMs;
  const outcome = newOutcome(before, state);
  if (!outcome) return;
  tally.probes.set(outcome.reason, (tally.probes.get(outcome.reason) ?? 0) + 1);
  tally.probeSecondsSum += outcome.tookMs / 1_000;
  tally.lastProbeWallMs = wallMs;
}

/** The outcome of a probe that came back since; null: none did. */
export function newOutcome(before: GuardState | null, state: GuardState) {
  const outcome = state.life?.lastOutcome;
  return outcome && outcome !== before?.life?.lastOutcome ? outcome : null;
}
