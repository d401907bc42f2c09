import { copyState } from './copy.js';
import type { Decision, EventType, GuardState, Incident, Power } from './decision.js';
import type { Policy } from './policy.js';
import type { Observation } from './types.js';

/** A service nobody has looked at yet. */
export function initialState(service: string, power: Power, policy: Policy): GuardState {
  return {
    version: 1,
    service,
    bootId: '',
    desired: 'guarded',
    power,
    proof: null,
    verdict: { kind: 'unseen', sentence: `${service}: not looked at yet` },
    unit: null,
    unitAtMs: 0,
    life: null,
    past: null,
    downSinceMs: null,
    incident: null,
    drill: null,
    kills: [],
    series: 0,
    intent: null,
    latenciesMs: [],
    longestMs: 0,
    probeDueAtMs: null,
    probeDeadlineMs: policy.deadlineMaxMs,
    withheld: null,
    nextId: 1,
  };
}

/**
 * One step in the making: the state copied one level deep (the parts that a step may change are copied too),
 * and the rows it will leave. Only the functions of this room, called by `step`, write to it.
 */
export interface Draft extends Decision {
  at: { atMs: number; wallMs: number };
  policy: Policy;
  noKill: Observation['noKill'] | null;
}

/** Copies what a step may touch; everything deeper is replaced, never mutated. */
export function beginDraft(state: GuardState, observation: Observation, policy: Policy): Draft {
  const draft: Draft = {
    at: { atMs: observation.atMs, wallMs: observation.wallMs },
    policy,
    noKill: observation.noKill ?? null,
    state: copyState(state),
    events: [],
    incidents: [],
    intent: null,
    closedIntent: null,
    pages: [],
    sample: null,
  };
  draft.state.atHand = observation.noKill === 'at-hand';
  return draft;
}

/** Adds a row of the story, stamped with the incident and the incarnation of this moment. */
export function note(draft: Draft, type: EventType, text: string, data?: { [key: string]: unknown }): void {
  const { state, at } = draft;
  draft.events.push({
    atMs: at.atMs,
    wallMs: at.wallMs,
    type,
    incidentId: state.incident?.id ?? null,
    incarnation: state.life?.incarnation ?? null,
    text,
    ...(data ? { data } : {}),
  });
}

/** Marks the open incident (or the one just resolved) as changed, so that it is written once a step. */
export function touch(draft: Draft, incident: Incident): void {
  const at = draft.incidents.findIndex((known) => known.id === incident.id);
  if (at < 0) draft.incidents.push(incident);
  else draft.incidents[at] = incident;
}

/** Ids come from a counter in the state, never from chance: the same story has the same ids. */
export function nextId(draft: Draft, prefix: string): string {
  const id = draft.state.nextId;
  draft.state.nextId = id + 1;
  return `${draft.state.service}-${prefix}${id}`;
}
