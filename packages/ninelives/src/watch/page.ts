import type { Incident, Page, VerdictKind } from '../core/decision.js';
import { calledOf, span, utc } from '../core/page.js';
import type { WatchState } from './state.js';

/** Every outer layer looks at the public way: what they tell of it is one thing, and one incident at PagerDuty. */
export const THREAD = 'public-way';

/** What a person can do about it, in a whole sentence. */
const ADVICE: Partial<Record<VerdictKind, string>> = {
  'box-dead': 'look at the machine: power, network, console; nothing can be done from here',
  'tunnel-broken': 'the model itself works; look at the tunnel on the box, and at its edge',
  'model-broken': 'the guard on the box should be at it; see what it says',
  'dns-broken': 'look at the DNS of the public name: registrar, zone, its servers',
  'tls-broken': 'renew or replace the certificate of the public URL',
  misconfigured: 'try the request by hand; clients may be refused too',
  unreachable: 'look at the box, its tunnel and the uplink of the site',
};

/**
 * A message of an outer layer: what, since when, seen from where, what to do. Same shape as the guard's
 * (core/page.ts). The id is stable: `<service>/<incident>/<kind>[/<n>]`.
 */
export function watchPage(
  kind: 'opened' | 'escalated' | 'resolved',
  incident: Incident,
  state: WatchState,
  wallMs: number,
): Page {
  const { service, layer } = state;
  const nth = kind === 'escalated' ? `/${incident.escalations.length}` : '';
  const lostMs = (incident.resolvedWallMs ?? wallMs) - incident.firstFailureWallMs;
  const called = calledOf(incident);
  const titles = {
    opened: `${service} ${called}`,
    escalated: `${service} still ${called}`,
    resolved: `${service} can be reached again after ${span(lostMs)}`,
  };
  return {
    id: `${service}/${incident.id}/${kind}${nth}`,
    service,
    incidentId: incident.id,
    kind,
    drill: false,
    title: titles[kind],
    body: lines(kind, incident, layer, wallMs, lostMs).join('\n'),
    wallMs,
    section: incident.kind,
    thread: THREAD,
  };
}

function lines(
  kind: 'opened' | 'escalated' | 'resolved',
  incident: Incident,
  layer: string,
  wallMs: number,
  lostMs: number,
): string[] {
  const since = utc(incident.firstFailureWallMs);
  if (kind === 'resolved') {
    const end = utc(incident.resolvedWallMs ?? wallMs);
    return [
      `What:  ${incident.sentence}`,
      `From:  ${since} to ${end}`,
      `Seen:  from ${layer}`,
      'Now:   nothing',
    ];
  }
  return [
    `What:  ${incident.sentence}`,
    `Since: ${since}, ${span(lostMs)} ago`,
    `Seen:  from ${layer}, through the public URL; no kill: this layer only tells`,
    `Now:   ${ADVICE[incident.kind] ?? ADVICE.unreachable}`,
    `Type:  ninelives status   (on the box; on ${layer} for what was seen from there)`,
  ];
}

/** What belongs to no incident. `id` is unique within the layer. */
export function watchNotice(
  state: WatchState,
  id: string,
  title: string,
  body: string[],
  wallMs: number,
  section: string,
): Page {
  const { service, layer } = state;
  return {
    id: `${service}/${layer}/notice/${id}`,
    service,
    incidentId: null,
    kind: 'notice',
    drill: false,
    title: `${service}: ${title}`,
    body: [...body, `Seen:  from ${layer}`].join('\n'),
    wallMs,
    section,
  };
}

/** The interval of a blindness that is over: what happened in it is not known, and nobody was told otherwise. */
export function blindPage(state: WatchState, fromWallMs: number, toWallMs: number): Page {
  const lasted = span(toWallMs - fromWallMs);
  const body = [
    `What:  ${state.verdict.sentence}`,
    `From:  ${utc(fromWallMs)} to ${utc(toWallMs)}`,
    `Now:   nothing about the service; ask why ${state.layer} had no way out`,
  ];
  return watchNotice(
    state,
    `blind-${stamp(fromWallMs)}`,
    `${state.layer} could not see for ${lasted}`,
    body,
    toWallMs,
    'blind',
  );
}

export function certificatePage(
  state: WatchState,
  warning: string,
  validToWallMs: number,
  wallMs: number,
): Page {
  const left = span(Math.max(0, validToWallMs - wallMs));
  const body = [
    `What:  it ends at ${utc(validToWallMs)}`,
    'Now:   renew it, or see why its renewal does not run',
  ];
  return watchNotice(
    state,
    `certificate-${warning}`,
    `its certificate ends in ${left}`,
    body,
    wallMs,
    'certificate',
  );
}

/** `20261125-021007` (UTC): for ids that a person types. */
export function stamp(wallMs: number): string {
  return utc(wallMs).replace(/[-:Z]/g, '').replace('T', '-');
}
