import type { Incident, Page, PageKind, VerdictKind } from './decision.js';

/** What the step knows at the moment of the page, beyond the incident itself. */
export interface PageMoment {
  /** Unix time in ms at which the page is written. */
  wallMs: number;
  /** Which escalation of this incident this is, from 1; part of the page's id. */
  nth?: number;
  /** What a person is asked to do, in whole sentences. */
  advice?: string;
}

/** The pages that the step itself writes. */
type IncidentPage = Extract<PageKind, 'opened' | 'escalated' | 'resolved'>;

/** How a loss is called in a title: read aloud after the service's name. */
const CALLED: Partial<Record<VerdictKind, string>> = {
  hung: 'does not answer',
  frozen: 'is frozen',
  wrong: 'gives wrong answers',
  erroring: 'answers with errors',
  'stuck-loading': 'does not finish loading',
  dead: 'crashed',
  stopped: 'is stopped',
  failed: 'is down and is not restarted any more',
  masked: 'is hidden by another process on its port',
  misconfigured: 'refuses our probe',
  full: 'only says that it is full',
  drift: 'answers as if it were another model',
  unkillable: 'survived SIGKILL',
  'box-dead': 'is gone: its machine is silent',
  'tunnel-broken': 'can not be reached: the tunnel is broken',
  'model-broken': 'does not do its work',
  'dns-broken': 'can not be reached: its name does not resolve',
  'tls-broken': 'can not be reached: clients refuse its certificate',
  unreachable: 'can not be reached',
  silent: 'is silent',
  'reports-failure': 'says itself that it fails',
};

/** The command that shows most about a loss of this kind. */
const LOOK_WITH: Partial<Record<VerdictKind, string>> = {
  wrong: 'ninelives probe',
  erroring: 'ninelives probe',
  misconfigured: 'ninelives probe',
  drift: 'ninelives probe',
  masked: 'ninelives doctor',
  failed: 'ninelives doctor',
  stopped: 'ninelives doctor',
};

/**
 * An incident as a message that a person understands at 3 a.m.: what, since when, what was tried, what to do now,
 * what to type. Pure; times are UTC, since the core has no zone. Same incident and moment, same page.
 * The id is stable (`<service>/<incident>/<kind>[/<n>]`): the key by which a receiver knows a repeat.
 */
export function pageFor(kind: IncidentPage, incident: Incident, moment: PageMoment): Page {
  const { service, drill } = incident;
  const nth = moment.nth === undefined ? '' : `/${moment.nth}`;
  const prefix = drill ? `[drill ${drill.fault}] ` : '';
  const lines = kind === 'resolved' ? resolvedLines(incident) : lossLines(kind, incident, moment);
  if (drill) lines.push(`Drill: this is the planned fault ${drill.fault} (${drill.drillId}).`);
  return {
    id: `${service}/${incident.id}/${kind}${nth}`,
    service,
    incidentId: incident.id,
    kind,
    drill: drill !== null,
    title: prefix + titleOf(kind, incident),
    body: lines.join('\n'),
    wallMs: moment.wallMs,
    section: incident.kind,
  };
}

/** Somebody is on it: for the others. The same person twice is the same page. */
export function acknowledgedPage(incident: Incident, by: string, wallMs: number): Page {
  const { service, id, sentence, firstFailureWallMs } = incident;
  return {
    id: `${service}/${id}/acknowledged/${by}`,
    service,
    incidentId: id,
    kind: 'acknowledged',
    drill: incident.drill !== null,
    title: `${by} is on it: ${service} ${calledOf(incident)}`,
    body: [
      `What:  ${sentence}`,
      `Since: ${utc(firstFailureWallMs)}, ${span(wallMs - firstFailureWallMs)} ago`,
      `Now:   nothing; no reminder and no escalation follows`,
    ].join('\n'),
    wallMs,
    section: incident.kind,
  };
}

/**
 * What is told of an open incident that nobody has acknowledged. `mark` is the rest of its id and says which one it is
 * (`reminder/2`, `unanswered/boss`); same mark, same page.
 */
export function unansweredPage(
  kind: 'reminder' | 'escalated',
  incident: Incident,
  mark: string,
  wallMs: number,
): Page {
  const { service, id } = incident;
  const openForMs = wallMs - incident.openedWallMs;
  const advice =
    kind === 'reminder'
      ? 'somebody has to look at it; who does says so with  ninelives acknowledge  or from the phone'
      : 'nobody who was told before has acknowledged it; now it is yours';
  return {
    id: `${service}/${id}/${mark}`,
    service,
    incidentId: id,
    kind,
    drill: incident.drill !== null,
    title: `${service} still ${calledOf(incident)}, nobody is on it for ${span(openForMs)}`,
    body: lossLines('escalated', incident, { wallMs, advice }).join('\n'),
    wallMs,
    section: incident.kind,
  };
}

/** A message that belongs to no incident. `id` is unique within the service. */
export function noticePage(
  service: string,
  id: string,
  title: string,
  body: string,
  wallMs: number,
  section = 'notice',
): Page {
  return {
    id: `${service}/notice/${id}`,
    service,
    incidentId: null,
    kind: 'notice',
    drill: false,
    title: `${service}: ${title}`,
    body: `${body}\nAt:   ${utc(wallMs)}\nType: ninelives status`,
    wallMs,
    section,
  };
}

function titleOf(kind: IncidentPage, incident: Incident): string {
  const { service } = incident;
  if (kind === 'resolved') return `${service} serves again after ${span(lostMs(incident))}`;
  const called = calledOf(incident);
  if (kind === 'opened') return `${service} ${called}`;
  return incident.acknowledgedBy === null
    ? `${service} needs you: it ${called}`
    : `${service} still ${called} (${incident.acknowledgedBy} is on it)`;
}

/** The loss in words, as they follow the service's name: `does not answer`. */
export function calledOf({ kind }: Incident): string {
  return CALLED[kind] ?? `is not serving (${kind})`;
}

function lossLines(kind: 'opened' | 'escalated', incident: Incident, moment: PageMoment): string[] {
  const { firstFailureWallMs, sentence } = incident;
  const lines = [`What:  ${sentence}`];
  lines.push(`Since: ${utc(firstFailureWallMs)}, ${span(moment.wallMs - firstFailureWallMs)} ago`);
  lines.push(`Tried: ${tried(incident)}`);
  const advice =
    moment.advice ??
    (kind === 'opened'
      ? 'nothing yet: the guard acts by its rules; the next message says how it ended'
      : 'look at it: the guard alone does not get it back');
  lines.push(`Now:   ${advice}`);
  lines.push(`Type:  ${LOOK_WITH[incident.kind] ?? 'ninelives status'}`);
  return lines;
}

function resolvedLines(incident: Incident): string[] {
  const end = incident.resolvedWallMs;
  return [
    `What:  ${incident.sentence}`,
    `From:  ${utc(incident.firstFailureWallMs)}${end === null ? '' : ` to ${utc(end)}`}`,
    `Tried: ${tried(incident)}`,
    'Now:   nothing; it answers real work again',
    'Type:  ninelives incidents',
  ];
}

function tried(incident: Incident): string {
  const { kills, killedAtMs, restartedAtMs } = incident;
  if (kills === 0 || killedAtMs === null) return 'no kill';
  const times = kills === 1 ? 'one SIGKILL' : `${kills} SIGKILLs, the last`;
  const back =
    restartedAtMs === null || restartedAtMs < killedAtMs
      ? 'no new process seen yet'
      : `new process after ${span(restartedAtMs - killedAtMs)}`;
  return `${times} at ${utc(wallOf(incident, killedAtMs))}; ${back}`;
}

/** From the first failure to the first right answer after it; monotonic, so a stepped wall clock can't lie. */
function lostMs(incident: Incident): number {
  const { firstFailureAtMs, servingAtMs, resolvedAtMs } = incident;
  return (servingAtMs ?? resolvedAtMs ?? firstFailureAtMs) - firstFailureAtMs;
}

/** A monotonic time of this incident on the wall clock of its opening. */
function wallOf(incident: Incident, atMs: number): number {
  return incident.openedWallMs + (atMs - incident.openedAtMs);
}

/** `2026-11-23T00:29:40Z` (RFC 3339). Total: a time that no calendar has is printed as the number it is. */
export function utc(wallMs: number): string {
  if (!(Math.abs(wallMs) <= 8.64e15)) return `${wallMs} ms`; // the limit of Date, ECMA-262 §21.4.1.1
  return new Date(wallMs).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** `8 s`, `3 min 20 s`, `2 h 5 min`: two units at most. */
export function span(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes > 0) return seconds > 0 ? `${minutes} min ${seconds} s` : `${minutes} min`;
  return `${seconds} s`;
}
