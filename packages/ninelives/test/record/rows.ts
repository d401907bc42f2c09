import type { Decision, Incident, KillIntent, Page, RecordEvent } from '../../src/core/decision.js';
import { openedIncident } from '../../src/core/opened-incident.js';
import { DEFAULT_POLICY } from '../../src/core/policy.js';
import { initialState } from '../../src/core/state.js';

const INCARNATION = { pid: 4242, startTicks: 99, bootId: 'boot', invocation: 'one' };

/** A decision that changes nothing but what is given. `nextId` tells states apart. */
export function decision(service: string, nextId: number, parts: Partial<Decision> = {}): Decision {
  return {
    state: { ...initialState(service, 'armed', DEFAULT_POLICY), nextId },
    events: [],
    incidents: [],
    intent: null,
    closedIntent: null,
    pages: [],
    sample: null,
    ...parts,
  };
}

export function event(wallMs: number, text: string, incidentId: string | null = null): RecordEvent {
  return { atMs: wallMs, wallMs, type: 'verdict', incidentId, incarnation: null, text };
}

export function incident(service: string, id: string, parts: Partial<Incident> = {}): Incident {
  const opening = {
    id,
    service,
    kind: 'hung' as const,
    sentence: 'hung: 3 probes in a row: no answer within 2.0 s',
    firstFailureAtMs: 5,
    firstFailureWallMs: 5,
  };
  return { ...openedIncident(opening, { atMs: 10, wallMs: 10 }), ...parts };
}

export function intent(service: string, id: string, incidentId: string): KillIntent {
  return {
    id,
    service,
    incidentId,
    incarnation: INCARNATION,
    what: 'incarnation',
    targets: [
      { pid: 4242, startTicks: 99 },
      { pid: 4243, startTicks: 100 },
    ],
    reason: 'hung',
    atMs: 10,
    wallMs: 10,
  };
}

export function page(service: string, id: string, wallMs = 0): Page {
  return {
    id,
    service,
    incidentId: null,
    kind: 'notice',
    drill: false,
    title: `${service}: ${id}`,
    body: 'What: a test\nNow: nothing',
    wallMs,
  };
}
