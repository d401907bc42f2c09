import type { GuardState, Incident } from '../core/decision.js';
import type { DrillRow, Minute, StoredEvent } from '../record/record.js';
import { cheapClaims, incidentReport, killRows } from './incident.js';
import type {
  Availability,
  DrillSummary,
  LayersNote,
  ServiceReport,
  TimesOf,
  TrafficReport,
  Watching,
} from './model.js';
import { covered, gapsOf, lossOf, type Span } from './spans.js';
import { stripOf } from './strip.js';
import type { HeldBook } from './traffic.js';

/** What of one service is on record within the window. */
export interface ServiceFacts {
  state: GuardState;
  incidents: Incident[];
  events: StoredEvent[];
  minutes: Minute[];
  drills: DrillRow[];
  traffic: TrafficReport;
  held: HeldBook;
  layers: LayersNote;
}

/** One service's part of the report. Pure: the same facts and window give the same report. */
export function serviceReport(facts: ServiceFacts, window: Span, cells: number): ServiceReport {
  const { state, events, minutes, traffic, layers } = facts;
  const incidents = facts.incidents.filter((one) => lossOf(one, window.to).to >= window.from);
  const [drilled, real] = [incidents.filter(({ drill }) => drill), incidents.filter(({ drill }) => !drill)];
  const first = minutes[0]?.firstWallMs ?? null;
  const seen = { from: Math.max(window.from, first ?? window.to), to: window.to };
  const watching = watchingOf(minutes, events, seen, first);
  return {
    name: state.service,
    sentence: state.verdict.sentence,
    kind: state.verdict.kind,
    power: state.power,
    proof: proofOf(state),
    availability: availabilityOf(minutes, real, drilled, seen, watching),
    repair: { incidents: timesOf(real, window.to), drills: timesOf(drilled, window.to) },
    incidents: incidents.map((incident) =>
      incidentReport(incident, events, window.to, facts.held[incident.id] ?? null),
    ),
    kills: killRows(events, incidents),
    drills: drillsOf(facts.drills, window),
    traffic,
    watching,
    layers,
    strip: stripOf(minutes, incidents, window, cells),
  };
}

function availabilityOf(
  minutes: Minute[],
  real: Incident[],
  drilled: Incident[],
  seen: Span,
  { gaps }: Watching,
): Availability {
  const blind = gaps.map(({ fromWallMs, toWallMs }) => ({ from: fromWallMs, to: toWallMs }));
  const watchedMs = Math.max(0, seen.to - seen.from - covered(blind, seen));
  // Time in which nobody looked is neither good nor lost: it is left out of both.
  const lost = (incidents: Incident[]) => {
    const spans = incidents.map((incident) => lossOf(incident, seen.to));
    return covered([...spans, ...blind], seen) - covered(blind, seen);
  };
  const lostMs = lost(real);
  const bothMs = lost([...real, ...drilled]);
  const sum = (of: (minute: Minute) => number) => minutes.reduce((total, minute) => total + of(minute), 0);
  const passed = sum((minute) => minute.passed);
  const ratioOf = (ms: number) => (watchedMs === 0 ? null : Math.max(0, 1 - ms / watchedMs));
  return {
    ratio: ratioOf(lostMs),
    ratioWithDrills: ratioOf(bothMs),
    watchedMs,
    lostMs,
    drillLostMs: bothMs - lostMs,
    probes: { passed, failed: sum((minute) => minute.failed), unknown: sum((minute) => minute.unknown) },
    latency:
      passed === 0
        ? null
        : {
            meanMs: sum((minute) => minute.tookSumMs) / passed,
            maxMs: minutes.reduce((most, minute) => Math.max(most, minute.tookMaxMs), 0),
          },
  };
}

function timesOf(incidents: Incident[], nowWallMs: number): TimesOf {
  const mean = (values: number[]) =>
    values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  const detect = incidents.map((one) => Math.max(0, one.openedAtMs - one.firstFailureAtMs));
  const over = incidents.filter((one) => one.servingAtMs !== null || one.resolvedAtMs !== null);
  const lengths = (some: Incident[]) =>
    some.map((one) => lossOf(one, nowWallMs)).map(({ from, to }) => to - from);
  return {
    count: incidents.length,
    mttdMs: mean(detect),
    mttrMs: mean(lengths(over)),
    worstMs: incidents.length === 0 ? null : Math.max(...lengths(incidents)),
  };
}

function watchingOf(minutes: Minute[], events: StoredEvent[], seen: Span, first: number | null): Watching {
  const gaps = gapsOf(minutes, seen);
  const missed = gaps.reduce((sum, { fromWallMs, toWallMs }) => sum + (toWallMs - fromWallMs), 0);
  const length = seen.to - seen.from;
  return {
    ratio: first === null || length <= 0 ? null : Math.max(0, 1 - missed / length),
    firstLookWallMs: first,
    gaps,
    guardStarts: events.filter(({ type }) => type === 'guard-started').length,
  };
}

function proofOf({ proof, power, unit }: GuardState): string {
  if (power === 'watch-only') return 'none yet: it only watches';
  if (proof === null) return unit?.supervisor === 'embedded' ? 'our own supervisor' : 'none';
  if (proof.by === 'word') return `the word of ${proof.operator ?? 'an operator'}, no drill`;
  return proof.by === 'drill' ? 'a drill was seen to be revived' : 'a crash was seen to be revived';
}

/** Those of the window, and of each fault that has none there, the last one before. */
function drillsOf(drills: DrillRow[], window: Span): DrillSummary[] {
  const inside = ({ wallMs }: DrillRow) => wallMs >= window.from && wallMs <= window.to;
  const recent = new Set(drills.filter(inside).map(({ fault }) => fault));
  const last = new Map(drills.filter((row) => !inside(row)).map((row) => [row.fault, row]));
  const before = [...last.values()].filter(({ fault }) => !recent.has(fault));
  return [...before, ...drills.filter(inside)].map((row) => {
    const { times, why } = (row.report ?? {}) as {
      times?: { detectMs: number | null; serveMs: number | null; outageMs: number | null };
      why?: string[];
    };
    return {
      id: row.id,
      fault: row.fault,
      wallMs: row.wallMs,
      passed: row.passed,
      inWindow: inside(row),
      why: why ?? [],
      detectMs: times?.detectMs ?? null,
      serveMs: times?.serveMs ?? null,
      outageMs: times?.outageMs ?? null,
    };
  });
}

/** What the cheap endpoints said in the newest failure that is on record. */
export function lastClaims(events: StoredEvent[]): string | null {
  return cheapClaims(events.filter(({ type }) => type === 'probe-failed'));
}
