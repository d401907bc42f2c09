import type { Incident } from './decision.js';
import { openedIncident } from './opened-incident.js';
import { pageFor } from './page.js';
import { type Draft, nextId, note, touch } from './state.js';
import { KILLABLE, LOSS } from './verdicts.js';

/** Opens, resolves and ages the one incident of this service (I7, I8). Runs after the verdict is known. */
export function keepIncident(draft: Draft): void {
  const { state } = draft;
  if (!state.incident && state.desired === 'guarded' && isLoss(draft)) openIncident(draft);
  if (state.incident) settle(draft, state.incident);
}

/** A service that nobody has started yet is not an incident; one that lived and is gone is. */
function isLoss(draft: Draft): boolean {
  const { state } = draft;
  if (!LOSS.has(state.verdict.kind)) return false;
  return state.verdict.kind !== 'dead' || state.past !== null;
}

function openIncident(draft: Draft): void {
  const { state, at } = draft;
  const life = state.life;
  const drill = state.drill && at.atMs <= state.drill.untilMs ? state.drill : null;
  const incident = openedIncident(
    {
      id: nextId(draft, 'incident-'),
      service: state.service,
      kind: state.verdict.kind,
      sentence: state.verdict.sentence,
      drill: drill && { drillId: drill.drillId, fault: drill.fault },
      firstFailureAtMs: life?.firstFailureAtMs ?? state.downSinceMs ?? at.atMs,
      firstFailureWallMs: life?.firstFailureWallMs ?? at.wallMs - (at.atMs - (state.downSinceMs ?? at.atMs)),
    },
    at,
  );
  state.incident = incident;
  state.withheld = null;
  if (life) life.passes = 0; // right answers before the loss say nothing about its end
  touch(draft, incident);
  note(draft, 'incident-opened', incident.sentence, { kind: incident.kind });
  // A crash that the supervisor is already mending wakes nobody: its story comes with the resolve. What no kill
  // mends is handed over in this very step, and one page is enough.
  if (KILLABLE.has(incident.kind)) draft.pages.push(pageFor('opened', incident, { wallMs: at.wallMs }));
}

function settle(draft: Draft, incident: Incident): void {
  const { state, at, policy } = draft;
  const serving = state.verdict.kind === 'serving' && state.life !== null;
  if (serving && (state.life?.passes ?? 0) >= policy.successThreshold && !state.intent) {
    incident.status = 'resolved';
    incident.resolvedAtMs = at.atMs;
    incident.resolvedWallMs = at.wallMs;
    touch(draft, incident);
    note(draft, 'incident-resolved', state.verdict.sentence, { kills: incident.kills });
    draft.pages.push(pageFor('resolved', incident, { wallMs: at.wallMs }));
    state.incident = null;
    state.withheld = null;
    return;
  }
  if (at.atMs - incident.openedAtMs >= policy.escalateAfterMs) {
    const { successThreshold: needed } = policy;
    const text = serving
      ? `serves again, but is not over: ${state.life?.passes} of ${needed} right answers in a row`
      : `still not serving: ${state.verdict.sentence}`;
    escalate(draft, 'too-long', text);
  }
}

/** Hands the open incident to a person, once a reason. It stays open and may still resolve (I8). */
export function escalate(draft: Draft, reason: string, text: string): void {
  const { state, at } = draft;
  const incident = state.incident;
  if (!incident || incident.escalations.includes(reason) || state.desired === 'paused') return;
  incident.status = 'escalated';
  incident.escalations = [...incident.escalations, reason];
  touch(draft, incident);
  note(draft, 'escalated', text, { reason });
  draft.pages.push(
    pageFor('escalated', incident, { wallMs: at.wallMs, nth: incident.escalations.length, advice: text }),
  );
}
