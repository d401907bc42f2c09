import type { GuardState, Incident, Proof, VerdictKind } from '../core/decision.js';
import type { Policy } from '../core/policy.js';
import { RESULT_OF } from '../core/types.js';
import type { DrillRow, GuardRecord, OutboxRow } from '../record/record.js';
import { cheapClaims, incidentReport } from '../report/incident.js';
import { layersOf } from '../report/layers.js';
import { lossOf } from '../report/spans.js';
import { HELD_NOTE, type HeldBook } from '../report/traffic.js';
import type { DashboardView, GatewayView, IncidentsView, PagesView, ServiceView, Tone } from './view.js';

/** Of the settings that a guard leaves in the record, what is shown. */
interface ShownConfig {
  probe: { url: string; kind: string };
  policy: Policy;
}

export interface ModelOptions {
  nowWallMs: number;
  gateway: (service: string) => GatewayView | null;
  actions: boolean;
}

const PAGES_SHOWN = 8;
const PAGES_SHOWN_MS = 72 * 60 * 60_000;
const DRILLS_SHOWN = 40;
const INCIDENTS_SHOWN = 20;
const EVENTS_SHOWN = 400;
const HEALED_SHOWN_MS = 24 * 60 * 60_000;

/** Everything the page shows that is not history, from the record. Cheap: a few rows by their keys. */
export function dashboardView(record: GuardRecord, options: ModelOptions): DashboardView {
  const services = record.services().flatMap((service) => {
    const state = record.load(service)?.state;
    // Another layer's heart is no service: it is shown among the layers.
    return state && !('heartbeat' in state) ? [serviceView(record, state, options)] : [];
  });
  const { nowWallMs, actions } = options;
  return { nowWallMs, services, pages: pagesView(record, nowWallMs), actions };
}

function serviceView(
  record: GuardRecord,
  state: GuardState,
  { gateway, nowWallMs }: ModelOptions,
): ServiceView {
  const { service, life, incident, proof, unit, kills } = state;
  const config = record.note(service, 'config') as ShownConfig | undefined;
  const windowMs = config?.policy.windowMs ?? 0;
  const outcome = life?.lastOutcome ?? null;
  const last = record.incidents({ service, limit: 1 })[0] ?? null;
  const drills = record.drills(service, DRILLS_SHOWN);
  const newest = new Map(drills.map((row) => [row.fault, row]));
  const within = kills.filter(({ wallMs }) => nowWallMs - wallMs < windowMs);
  return {
    name: service,
    ...headlineOf(state),
    sentence: state.verdict.sentence,
    remarks: remarksOf(state),
    url: config?.probe.url ?? '',
    kind: config?.probe.kind ?? '',
    pid: life?.incarnation.pid ?? null,
    last: outcome && {
      right: RESULT_OF[outcome.reason] === 'pass',
      detail: outcome.detail,
      tookMs: outcome.tookMs,
    },
    cheap: cheapOf(record, last, nowWallMs),
    armed: state.power === 'armed',
    paused: state.desired === 'paused',
    proof: proof
      ? proofText(proof, drills)
      : unit?.supervisor === 'embedded'
        ? 'our own supervisor revives it'
        : 'none yet',
    provedWallMs: proof?.wallMs ?? null,
    kills: { used: within.length, max: config?.policy.killsMax ?? 0, windowMs },
    openIncident: incident?.id ?? null,
    healed: healedOf(last, nowWallMs),
    drills: [...newest.values()].map(({ fault, passed, wallMs }) => ({ fault, passed, wallMs })),
    gateway: gateway(service),
    layers: layersOf(record, service, nowWallMs),
  };
}

/** By which drill: the last that had begun when it was proved. */
function proofText({ by, wallMs, operator }: Proof, drills: DrillRow[]): string {
  if (by === 'word') return `the word of ${operator ?? 'an operator'}, no drill`;
  if (by === 'crash') return 'a crash was seen to be revived';
  const drill = drills.findLast((row) => row.wallMs <= wallMs);
  return drill ? `revived in the drill ${drill.fault}` : 'revived in a drill';
}

const HEADLINES: Partial<Record<VerdictKind, [Tone, string]>> = {
  serving: ['good', 'Healthy'],
  unseen: ['idle', 'Not looked at yet'],
  loading: ['warn', 'Loading'],
  suspect: ['warn', 'Suspect'],
  busy: ['warn', 'Busy'],
  stalled: ['warn', 'Stalled'],
  opaque: ['warn', 'Silent, maybe at work'],
  unknown: ['blind', 'Blind'],
};

function headlineOf({ verdict, incident, power, desired }: GuardState): { tone: Tone; headline: string } {
  const [tone, headline] = HEADLINES[verdict.kind] ?? ['bad', 'Down'];
  if (incident) {
    if (incident.status === 'escalated') return { tone: 'bad', headline: 'Needs you' };
    return { tone: tone === 'good' ? 'warn' : 'bad', headline: tone === 'good' ? 'Coming back' : 'Healing' };
  }
  if (tone === 'good' && desired === 'paused') return { tone: 'warn', headline: 'Healthy, paused' };
  if (tone === 'good' && power === 'watch-only') return { tone: 'warn', headline: 'Healthy, watch-only' };
  return { tone, headline };
}

function remarksOf({ desired, power, proof, incident, withheld }: GuardState): string[] {
  const remarks: string[] = [];
  if (incident?.status === 'escalated') remarks.push(`What to do: docs/runbook.md#${incident.kind}.`);
  if (incident?.drill) remarks.push(`This is the planned fault ${incident.drill.fault}.`);
  if (incident?.acknowledgedBy) remarks.push(`${incident.acknowledgedBy} is on it.`);
  if (withheld) remarks.push(`A kill is due and withheld: ${withheld}.`);
  if (desired === 'paused')
    remarks.push('Paused: it is watched, not killed, and nobody is paged. Type: ninelives resume');
  if (power === 'watch-only') {
    remarks.push('It only watches: no kill until the recovery is proved. Type: ninelives drill crash');
  } else if (proof?.by === 'word') remarks.push('Armed without a proof. Type: ninelives drill crash');
  return remarks;
}

/** Of the failure that is going on, else of the last one that is on record. */
function cheapOf(record: GuardRecord, incident: Incident | null, nowWallMs: number): ServiceView['cheap'] {
  if (!incident) return null;
  const { service, firstFailureWallMs, resolvedWallMs } = incident;
  const untilWallMs = resolvedWallMs ?? nowWallMs;
  const text = cheapClaims(
    record.events({ service, sinceWallMs: firstFailureWallMs, untilWallMs, limit: EVENTS_SHOWN }),
  );
  return text === null ? null : { text, lying: / said 2\d\d /.test(text) };
}

function healedOf(incident: Incident | null, nowWallMs: number): ServiceView['healed'] {
  if (!incident || incident.resolvedWallMs === null) return null;
  if (nowWallMs - incident.resolvedWallMs > HEALED_SHOWN_MS) return null;
  const { from, to } = lossOf(incident, nowWallMs);
  return { wallMs: to, lostMs: to - from, kills: incident.kills, drill: incident.drill !== null };
}

function pagesView(record: GuardRecord, nowWallMs: number): PagesView {
  const newest = record
    .outboxSince(nowWallMs - PAGES_SHOWN_MS, PAGES_SHOWN)
    .reverse()
    .map((row) => ({
      title: row.page.title,
      notifier: row.notifier,
      wallMs: row.page.wallMs,
      state: stateOf(row),
      error: row.withheld ?? row.lastError,
    }));
  return { pending: record.outboxPending().length, newest };
}

function stateOf({
  acceptedWallMs,
  gaveUpWallMs,
  withheld,
}: OutboxRow): PagesView['newest'][number]['state'] {
  if (withheld !== null) return 'withheld';
  if (acceptedWallMs !== null) return 'sent';
  return gaveUpWallMs === null ? 'pending' : 'given up';
}

/** The newest incidents of a service with their timelines, newest first. */
export function incidentsView(
  record: GuardRecord,
  service: string,
  nowWallMs: number,
  heldNow: HeldBook,
): IncidentsView {
  const held = { ...((record.note(service, HELD_NOTE) ?? {}) as HeldBook), ...heldNow };
  return record
    .incidents({ service, limit: INCIDENTS_SHOWN })
    .reverse()
    .map((incident) => {
      const own = record.events({ service, incidentId: incident.id, limit: EVENTS_SHOWN });
      const before = record.events({
        service,
        sinceWallMs: incident.firstFailureWallMs,
        untilWallMs: incident.openedWallMs,
        limit: EVENTS_SHOWN,
      });
      const known = new Set(own.map(({ id }) => id));
      const story = [...before.filter(({ id }) => !known.has(id)), ...own].sort((a, b) => a.id - b.id);
      return incidentReport(incident, story, nowWallMs, held[incident.id] ?? null);
    });
}
