import type { Incident, Page, RecordEvent, Sample } from '../core/decision.js';
import { openedIncident } from '../core/opened-incident.js';
import { acknowledgedPage } from '../core/page.js';
import type { At } from '../core/types.js';
import type { Look } from './look.js';
import { blindPage, certificatePage, stamp, THREAD, watchPage } from './page.js';
import type { WatchPolicy } from './policy.js';
import type { WatchState } from './state.js';
import { judgeLook, type WatchVerdict } from './verdict.js';

/** What one step leaves, to be committed in one transaction before anything is told. */
export interface WatchDecision {
  state: WatchState;
  events: RecordEvent[];
  incidents: Incident[];
  pages: Page[];
  sample: Sample;
  /** The wait before the next look. */
  nextMs: number;
}

/** The state being changed, and the rows it will leave. */
interface Draft extends Omit<WatchDecision, 'sample' | 'nextMs'> {
  at: At;
  policy: WatchPolicy;
}

/** So many whole rounds without a look. */
const LONG_AGO = 4;

/**
 * The counterpart of core/step.ts for a layer that can only look and tell: no incarnation, no unit, no kill. Counting
 * is the core's: only failures in a row open an incident, only passes in a row close it, and what could not be seen
 * does neither (I6); it ends a row, since a line that has just come back is weak evidence. Pure and total.
 */
export function watchStep(state: WatchState, look: Look, at: At, policy: WatchPolicy): WatchDecision {
  const verdict = judgeLook(look);
  const draft: Draft = {
    at,
    policy,
    state: { ...state, incident: state.incident && { ...state.incident } },
    events: [],
    incidents: [],
    pages: [],
  };
  count(draft, verdict);
  draft.state.verdict = { kind: shown(draft.state, verdict, policy), sentence: verdict.sentence };
  keepIncident(draft, verdict);
  keepCertificate(draft, look);
  draft.state.lastLookWallMs = at.wallMs;
  const { public: seen } = look;
  const sample: Sample = { wallMs: at.wallMs, reason: seen.reason, tookMs: seen.tookMs };
  return { ...rows(draft), sample, nextMs: nextMs(draft.state, policy) };
}

/** A person's word. What it does not mean for an outer layer (start, arm, drills) changes nothing. */
export function watchOperate(
  state: WatchState,
  command: string,
  by: string,
  at: At,
): Omit<WatchDecision, 'sample' | 'nextMs'> {
  const draft = { at, state: { ...state }, events: [], incidents: [], pages: [] } as unknown as Draft;
  if (command === 'pause' || command === 'resume') {
    draft.state.desired = command === 'pause' ? 'paused' : 'guarded';
    note(draft, command === 'pause' ? 'paused' : 'resumed', `${command}d by ${by}`);
  }
  if (command === 'acknowledge' && state.incident) {
    draft.state.incident = { ...state.incident, acknowledgedBy: by };
    draft.incidents.push(draft.state.incident);
    draft.pages.push({ ...acknowledgedPage(draft.state.incident, by, at.wallMs), thread: THREAD });
    note(draft, 'acknowledged', `${by} is on it: no reminders`);
  }
  return rows(draft);
}

function rows({ state, events, incidents, pages }: Draft) {
  return { state, events, incidents, pages };
}

function count(draft: Draft, { kind, result, sentence }: WatchVerdict): void {
  const { state, at, policy } = draft;
  if (isLongAgo(draft)) Object.assign(state, { failures: 0, passes: 0, firstFailure: null });
  const before = { ...state };
  state.failures = result === 'fail' ? state.failures + 1 : 0;
  state.passes = result === 'pass' ? state.passes + 1 : 0;
  state.blindLooks = kind === 'blind' ? state.blindLooks + 1 : 0;
  if (result === 'fail') {
    state.firstFailure ??= { atMs: at.atMs, wallMs: at.wallMs };
    if (state.failures <= policy.failureThreshold) note(draft, 'probe-failed', sentence);
  } else {
    if (before.failures > 0 && !before.incident && result === 'pass') {
      note(draft, 'probe-recovered', `after ${before.failures} of ${policy.failureThreshold} failures`);
    }
    state.firstFailure = null;
  }
  if (kind === 'blind') {
    state.blindSinceWallMs ??= at.wallMs;
    if (state.blindLooks === policy.failureThreshold) note(draft, 'verdict', sentence);
  } else if (before.blindSinceWallMs !== null) {
    state.blindSinceWallMs = null;
    if (before.blindLooks >= policy.failureThreshold) {
      const page = blindPage(before, before.blindSinceWallMs, at.wallMs);
      note(draft, 'verdict', page.title);
      draft.pages.push(page);
    }
  }
}

/** Looks that far apart are no row: the watcher was down, or its scheduler hours late. */
function isLongAgo({ state, at, policy }: Draft): boolean {
  const sinceMs = state.lastLookWallMs === null ? 0 : at.wallMs - state.lastLookWallMs;
  return sinceMs < 0 || sinceMs > LONG_AGO * (policy.everyMs + policy.deadlineMs);
}

/** Below its threshold a failure is a suspicion. */
function shown(state: WatchState, { kind, result }: WatchVerdict, policy: WatchPolicy): WatchVerdict['kind'] {
  const below = result === 'fail' && state.incident === null && state.failures < policy.failureThreshold;
  return below ? 'suspect' : kind;
}

function keepIncident(draft: Draft, verdict: WatchVerdict): void {
  const { state, policy, at } = draft;
  if (state.desired === 'paused') return;
  if (!state.incident && state.failures >= policy.failureThreshold) open(draft, verdict);
  const { incident } = state;
  if (!incident) return;
  if (state.passes >= policy.successThreshold) return resolve(draft, incident);
  if (verdict.result === 'fail' && verdict.kind !== incident.kind) {
    // No second page: it is the same loss, and the reminder or the resolve says the newest word.
    Object.assign(incident, { kind: verdict.kind, sentence: verdict.sentence });
    draft.incidents.push(incident);
    note(draft, 'verdict', verdict.sentence);
  }
  const due = at.wallMs - state.toldWallMs >= policy.remindMs && incident.acknowledgedBy === null;
  if (due && verdict.kind !== 'blind') remind(draft, incident);
}

function open(draft: Draft, verdict: WatchVerdict): void {
  const { state, at } = draft;
  const first = state.firstFailure ?? at;
  const name = `${state.layer}-${stamp(first.wallMs)}`;
  const incident = openedIncident(
    {
      id: name === state.lastIncidentId?.slice(0, name.length) ? `${state.lastIncidentId}b` : name,
      service: state.service,
      kind: verdict.kind,
      sentence: verdict.sentence,
      firstFailureAtMs: first.atMs,
      firstFailureWallMs: first.wallMs,
    },
    at,
  );
  state.incident = incident;
  state.lastIncidentId = incident.id;
  state.toldWallMs = at.wallMs;
  draft.incidents.push(incident);
  note(draft, 'incident-opened', incident.sentence);
  draft.pages.push(watchPage('opened', incident, state, at.wallMs));
}

function resolve(draft: Draft, incident: Incident): void {
  const { state, at } = draft;
  Object.assign(incident, { status: 'resolved', resolvedAtMs: at.atMs, resolvedWallMs: at.wallMs });
  note(draft, 'incident-resolved', state.verdict.sentence);
  draft.incidents.push(incident);
  draft.pages.push(watchPage('resolved', incident, state, at.wallMs));
  state.incident = null;
}

function remind(draft: Draft, incident: Incident): void {
  const { state, at } = draft;
  incident.status = 'escalated';
  incident.escalations = [...incident.escalations, `reminder ${incident.escalations.length + 1}`];
  state.toldWallMs = at.wallMs;
  draft.incidents.push(incident);
  note(draft, 'escalated', incident.sentence);
  draft.pages.push(watchPage('escalated', incident, state, at.wallMs));
}

/** Told early, and once more when it is urgent; each certificate anew. */
function keepCertificate(draft: Draft, { certificate }: Look): void {
  const { state, at, policy } = draft;
  if (!certificate) return;
  state.certificateLookWallMs = at.wallMs;
  const end = certificate.validToWallMs;
  if (end === null || state.desired === 'paused') return;
  const left = end - at.wallMs;
  const warnings = { early: policy.tlsWarnMs, urgent: policy.tlsWarnMs / 5 };
  const due = Object.entries(warnings).filter(([, beforeMs]) => left <= beforeMs);
  const untold = due
    .map(([name]) => `${stamp(end)}/${name}`)
    .filter((told) => !state.certificateTold.includes(told));
  const last = untold.at(-1);
  if (last === undefined) return;
  state.certificateTold = [...state.certificateTold.filter((told) => told.startsWith(stamp(end))), ...untold];
  draft.pages.push(certificatePage(state, last, end, at.wallMs));
}

/** Soon again while something is being decided, else at the usual pace. */
function nextMs(state: WatchState, policy: WatchPolicy): number {
  const failing = state.failures > 0 && state.failures < policy.failureThreshold;
  const blinded = state.blindLooks > 0 && state.blindLooks < policy.failureThreshold;
  const returning = state.incident !== null && state.passes > 0;
  return (failing && !state.incident) || blinded || returning ? policy.confirmMs : policy.everyMs;
}

function note(draft: Draft, type: RecordEvent['type'], text: string): void {
  const { at, state } = draft;
  const incidentId = state.incident?.id ?? null;
  draft.events.push({ ...at, type, incidentId, incarnation: null, text });
}
