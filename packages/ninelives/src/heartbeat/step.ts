import type { Incident, Page, RecordEvent, Verdict } from '../core/decision.js';
import { openedIncident } from '../core/opened-incident.js';
import { acknowledgedPage, span, utc } from '../core/page.js';
import type { At } from '../core/types.js';
import type { Ping } from './grammar.js';

/** What a layer keeps about another one that it listens to. Plain JSON. */
export interface HeartState {
  version: 1;
  /** Whose heart. */
  from: string;
  /** Who listens. */
  layer: string;
  desired: 'guarded' | 'paused';
  verdict: Verdict;
  /** The last sign of life; null: never. */
  lastWallMs: number | null;
  incident: Incident | null;
}

export interface HeartDecision {
  state: HeartState;
  events: RecordEvent[];
  incidents: Incident[];
  pages: Page[];
}

/** Whoever hears the same heart speaks of the same thing. */
const THREAD = 'heartbeat';
const PREFIX = 'heartbeat-';

/** Its name in the record, beside the services. */
export function heartName(from: string): string {
  return `${PREFIX}${from}`;
}

/** Is this name in the record a heart's, and no service's? */
export function isHeart(name: string): boolean {
  return name.startsWith(PREFIX);
}

export function initialHeart(from: string, layer: string): HeartState {
  const sentence = `${from} has not been heard yet`;
  const verdict = { kind: 'unseen', sentence } as const;
  return { version: 1, from, layer, desired: 'guarded', verdict, lastWallMs: null, incident: null };
}

/** A ping came in. A start is a sign of life, but only a success ends what was wrong; a log changes nothing. */
export function hear(state: HeartState, { beat, exit }: Ping, text: string, at: At): HeartDecision {
  const draft: HeartDecision = { state: { ...state }, events: [], incidents: [], pages: [] };
  if (beat === 'log') return draft;
  draft.state.lastWallMs = at.wallMs;
  if (beat === 'fail') {
    const how = exit === null ? '' : `, exit status ${exit}`;
    const said = firstLine(text);
    draft.state.verdict = {
      kind: 'reports-failure',
      sentence: `${state.from} itself says that it fails${how}${said === '' ? '' : `: ${said}`}`,
    };
    if (!state.incident && state.desired === 'guarded') open(draft, at, at.wallMs);
    return draft;
  }
  if (beat === 'start' && state.incident) return draft;
  draft.state.verdict = { kind: 'serving', sentence: `${state.from} was heard at ${utc(at.wallMs)}` };
  if (state.incident) resolve(draft, state.incident, at);
  return draft;
}

/**
 * Time went by. `quietForMs`: how long we have listened without a sign of life, so that our own absence is never taken for
 * its silence.
 */
export function listen(state: HeartState, quietForMs: number, graceMs: number, at: At): HeartDecision {
  const draft: HeartDecision = { state: { ...state }, events: [], incidents: [], pages: [] };
  if (quietForMs < graceMs || state.incident || state.desired === 'paused') return draft;
  const { from, lastWallMs } = state;
  const since = lastWallMs === null ? 'was never heard' : `has been silent since ${utc(lastWallMs)}`;
  draft.state.verdict = { kind: 'silent', sentence: `${from} ${since}` };
  open(draft, at, lastWallMs ?? at.wallMs - quietForMs);
  return draft;
}

function open(draft: HeartDecision, at: At, sinceWallMs: number): void {
  const { state } = draft;
  const { kind, sentence } = state.verdict;
  // To the millisecond: a layer that says twice in a second that it fails has failed twice.
  const stamp = new Date(at.wallMs)
    .toISOString()
    .replace(/[-:.Z]/g, '')
    .replace('T', '-');
  const incident = openedIncident(
    {
      id: `${state.layer}-${stamp}`,
      service: heartName(state.from),
      kind,
      sentence,
      firstFailureAtMs: at.atMs - (at.wallMs - sinceWallMs),
      firstFailureWallMs: sinceWallMs,
    },
    at,
  );
  state.incident = incident;
  tell(draft, 'incident-opened', 'opened', incident, at, [
    `What:  ${sentence}`,
    `Since: ${utc(sinceWallMs)}, ${span(at.wallMs - sinceWallMs)} ago`,
    `Seen:  from ${state.layer}; what ${state.from} watches is watched by nobody there now`,
    `Now:   look at ${state.from}: its process, its machine, its way to ${state.layer}`,
    `Type:  ninelives status   (on ${state.from})`,
  ]);
}

function resolve(draft: HeartDecision, incident: Incident, at: At): void {
  const { state } = draft;
  const ended: Incident = {
    ...incident,
    status: 'resolved',
    resolvedAtMs: at.atMs,
    resolvedWallMs: at.wallMs,
  };
  tell(draft, 'incident-resolved', 'resolved', ended, at, [
    `What:  ${incident.sentence}`,
    `From:  ${utc(incident.firstFailureWallMs)} to ${utc(at.wallMs)}`,
    `Seen:  from ${state.layer}`,
    'Now:   nothing; see what it missed meanwhile',
  ]);
  state.incident = null;
}

function tell(
  draft: HeartDecision,
  type: 'incident-opened' | 'incident-resolved',
  kind: 'opened' | 'resolved',
  incident: Incident,
  at: At,
  lines: string[],
): void {
  const { service, id } = incident;
  const { from } = draft.state;
  const lostMs = at.wallMs - incident.firstFailureWallMs;
  const title = kind === 'opened' ? incident.sentence : `${from} is heard again after ${span(lostMs)}`;
  draft.incidents.push(incident);
  draft.events.push({ ...at, type, incidentId: id, incarnation: null, text: title });
  draft.pages.push({
    id: `${service}/${id}/${kind}`,
    service,
    incidentId: id,
    kind,
    drill: false,
    title,
    body: lines.join('\n'),
    wallMs: at.wallMs,
    section: incident.kind,
    thread: THREAD,
  });
}

/** A person's word, as everywhere; what it does not mean for a heart (arm, start, drills) changes nothing. */
export function operateHeart(state: HeartState, command: string, by: string, at: At): HeartDecision {
  const draft: HeartDecision = { state: { ...state }, events: [], incidents: [], pages: [] };
  const note = (type: 'paused' | 'resumed' | 'acknowledged', text: string) => {
    const incidentId = state.incident?.id ?? null;
    draft.events.push({ ...at, type, incidentId, incarnation: null, text });
  };
  if (command === 'pause' || command === 'resume') {
    draft.state.desired = command === 'pause' ? 'paused' : 'guarded';
    note(command === 'pause' ? 'paused' : 'resumed', `${command}d by ${by}`);
  }
  if (command !== 'acknowledge' || !state.incident || state.incident.acknowledgedBy === by) return draft;
  const incident = { ...state.incident, acknowledgedBy: by };
  draft.state.incident = incident;
  draft.incidents.push(incident);
  draft.pages.push({ ...acknowledgedPage(incident, by, at.wallMs), thread: THREAD });
  note('acknowledged', `acknowledged by ${by}`);
  return draft;
}

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, 200);
}
