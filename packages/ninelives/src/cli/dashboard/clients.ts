import type { Incident } from '../../core/decision.js';
import type { Recent } from '../../dashboard/recent.js';
import type { GatewayView } from '../../dashboard/view.js';
import type { TrafficEvidence } from '../../gateway/status/evidence.js';
import { type GuardRecord, RecordUnavailableError } from '../../record/record.js';
import type { Held } from '../../report/model.js';
import {
  type Counters,
  countersSince,
  HELD_NOTE,
  type HeldBook,
  NO_COUNTERS,
  sameCounters,
} from '../../report/traffic.js';

/** Looks back from an incident's opening to its first failure: no probe fails for longer than this before it counts. */
const LOOKS_KEPT = 180;
/** Incidents of a service whose clients are remembered. */
const HELD_KEPT = 200;
const MINUTE_MS = 60_000;

/** What the clients of one service got, look by look at its gateway. */
export interface Clients {
  /** One look at the gateway; null: it did not answer. */
  looked(evidence: TrafficEvidence | null, wallMs: number): void;
  /** The incident that is open now; null: none. */
  incident(incident: Incident | null): void;
  view(): GatewayView | null;
  /** Of the incident that is going on. */
  held(): HeldBook;
}

/** `wallMs` of the look, and the counters then. */
interface Look {
  wallMs: number;
  counters: Counters;
  waiting: number;
  longestWaitMs: number;
}

/** Counts into the record, and remembers what each incident meant for clients. */
export function createClients(record: GuardRecord, service: string, recent: Recent): Clients {
  let looks: Look[] = [];
  let view: GatewayView | null = null;
  let open: Incident | null = null;
  /** Told on the next look: what was held is still being answered when an incident ends. */
  let ended: Incident | null = null;

  function looked(evidence: TrafficEvidence | null, wallMs: number): void {
    view = evidence && viewOf(evidence);
    if (evidence === null) return;
    const counters = countersOf(evidence);
    const waiting = evidence.queued + evidence.inFlight;
    book(counters, evidence.answers.slowestMs ?? 0, wallMs);
    looks = [...looks, { wallMs, counters, waiting, longestWaitMs: evidence.longestWaitMs ?? 0 }].slice(
      -LOOKS_KEPT,
    );
    if (ended) keep(ended);
    ended = null;
  }

  function book(now: Counters, slowestMs: number, wallMs: number): void {
    const before = record.trafficSeen(service) as Counters | null;
    if (before && sameCounters(before, now)) return;
    const { tookSumMs, ...ends } = countersSince(before, now);
    const answers = ends.answered + ends.replayed;
    const tookMaxMs = answers > 0 ? slowestMs : 0;
    if (before) recent.answered(service, { wallMs, ...ends, tookSumMs, tookMaxMs });
    orLater(() => {
      const row = { minute: Math.floor(wallMs / MINUTE_MS), ...ends, tookSumMs, tookMaxMs };
      record.addTraffic(service, row, now);
    });
  }

  function keep(incident: Incident): void {
    const held = heldOf(looks, incident);
    if (!held) return;
    const book = (record.note(service, HELD_NOTE) ?? {}) as HeldBook;
    const newest = Object.entries({ ...book, [incident.id]: held }).slice(-HELD_KEPT);
    orLater(() => record.setNote(service, HELD_NOTE, Object.fromEntries(newest)));
  }

  return {
    looked,
    incident(incident) {
      if (open && incident?.id !== open.id) ended = open;
      open = incident;
    },
    view: () => view,
    held() {
      const held = open && heldOf(looks, open);
      return open && held ? { [open.id]: held } : {};
    },
  };
}

/** A full disk costs the count, not the dashboard: what was not booked is counted with the next look. */
function orLater(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof RecordUnavailableError)) throw error;
  }
}

function countersOf({ ends, answers }: TrafficEvidence): Counters {
  const { answered, replayed, refused, 'client-gone': clientGone } = ends;
  return { answered, replayed, refused, clientGone, tookSumMs: answers.sumMs };
}

/** From the first failure to the last look. */
function heldOf(looks: Look[], { firstFailureWallMs }: Incident): Held | null {
  const last = looks.at(-1);
  if (!last) return null;
  const before = looks.findLast(({ wallMs }) => wallMs <= firstFailureWallMs) ?? looks[0];
  const during = looks.filter(({ wallMs }) => wallMs > firstFailureWallMs);
  const { tookSumMs: _, ...ends } = countersSince(before?.counters ?? NO_COUNTERS, last.counters);
  return {
    ...ends,
    waiting: Math.max(0, ...during.map((look) => look.waiting)),
    longestWaitMs: Math.max(0, ...during.map((look) => look.longestWaitMs)),
  };
}

function viewOf({ backend, queued, inFlight, ends, answers, longestWaitMs }: TrafficEvidence): GatewayView {
  const { readiness, why } = backend;
  return {
    ...{ readiness, why, queued, inFlight, longestWaitMs },
    answered: ends.answered + ends.replayed,
    replayed: ends.replayed,
    refused: ends.refused,
    clientGone: ends['client-gone'],
    meanMs: answers.count === 0 ? null : answers.sumMs / answers.count,
  };
}
