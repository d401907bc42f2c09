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
/** Whoever was held is counted for so long after an incident's end: longer than a hold and the work after it. */
const ENDS_WITHIN_MS = 180_000;
/** Incidents of a service whose clients are remembered. */
const HELD_KEPT = 200;
const MINUTE_MS = 60_000;

/** What the clients of one service got, look by look at its gateway. */
export interface Clients {
  /** One look at the gateway; null: it did not answer. */
  looked(evidence: TrafficEvidence | null, wallMs: number): void;
  /** The incident that is open now; null: none. `atMs`: monotonic. */
  incident(incident: Incident | null, atMs: number): void;
  view(): GatewayView | null;
  /** Of the incident that is going on, and of one that is over while somebody still waits for an answer since. */
  held(): HeldBook;
}

/** When it was asked, by the gateway's own monotonic clock, and answered; and the counters then. */
interface Look {
  atMs: number;
  wallMs: number;
  counters: Counters;
  waiting: number;
  longestWaitMs: number;
}

/** An incident whose clients are counted. */
interface Followed {
  id: string;
  held: Held;
  /** Since when it is over; null: it goes on. */
  overAtMs: number | null;
}

/** Counts into the record, and remembers what each incident meant for clients. */
export function createClients(record: GuardRecord, service: string, recent: Recent): Clients {
  let looks: Look[] = [];
  let view: GatewayView | null = null;
  let followed: Followed[] = [];

  function looked(evidence: TrafficEvidence | null, wallMs: number): void {
    view = evidence && viewOf(evidence);
    if (evidence === null) return;
    const look = lookOf(evidence, wallMs);
    book(look.counters, evidence.answers.slowestMs ?? 0, wallMs);
    for (const one of followed) one.held = withLook(one.held, look, looks.at(-1) ?? null);
    looks = [...looks, look].slice(-LOOKS_KEPT);
    keepEnded(look);
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

  /** An incident ends when real work is done again, which is before all who were held have their answers. */
  function keepEnded(look: Look): void {
    const ended = followed.filter(({ overAtMs }) => overAtMs !== null);
    if (ended.length === 0) return;
    const book = (record.note(service, HELD_NOTE) ?? {}) as HeldBook;
    const newest = Object.entries({ ...book, ...bookOf(ended) }).slice(-HELD_KEPT);
    orLater(() => record.setNote(service, HELD_NOTE, Object.fromEntries(newest)));
    followed = followed.filter((one) => !isSettled(one, look));
  }

  return {
    looked,
    incident(incident, atMs) {
      for (const one of followed) {
        if (one.id !== incident?.id) one.overAtMs ??= atMs;
      }
      if (incident === null || followed.some(({ id }) => id === incident.id)) return;
      followed = [...followed, { id: incident.id, held: heldSince(looks, incident), overAtMs: null }];
    },
    view: () => view,
    held: () => bookOf(followed),
  };
}

const bookOf = (followed: Followed[]): HeldBook =>
  Object.fromEntries(followed.map(({ id, held }) => [id, held]));

/** Nobody waits any more who came before its end: both clocks have one origin, that of this boot. */
function isSettled({ overAtMs }: Followed, { atMs, longestWaitMs }: Look): boolean {
  if (overAtMs === null) return false;
  return atMs - longestWaitMs > overAtMs || atMs > overAtMs + ENDS_WITHIN_MS;
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

function lookOf(evidence: TrafficEvidence, wallMs: number): Look {
  return {
    atMs: evidence.atMs,
    wallMs,
    counters: countersOf(evidence),
    waiting: evidence.queued + evidence.inFlight,
    longestWaitMs: evidence.longestWaitMs ?? 0,
  };
}

const NOBODY: Held = { answered: 0, replayed: 0, refused: 0, clientGone: 0, waiting: 0, longestWaitMs: 0 };

/** What has come since the look before; `before`: null at the first look of all. */
function withLook(held: Held, look: Look, before: Look | null): Held {
  const since = before ? countersSince(before.counters, look.counters) : NO_COUNTERS;
  return {
    answered: held.answered + since.answered,
    replayed: held.replayed + since.replayed,
    refused: held.refused + since.refused,
    clientGone: held.clientGone + since.clientGone,
    waiting: Math.max(held.waiting, look.waiting),
    longestWaitMs: Math.max(held.longestWaitMs, look.longestWaitMs),
  };
}

/** From the first failure, which was before it counted as an incident, to the last look. */
function heldSince(looks: Look[], { firstFailureWallMs }: Incident): Held {
  const first = looks.findIndex(({ wallMs }) => wallMs > firstFailureWallMs);
  if (first === -1) return NOBODY;
  return looks
    .slice(first)
    .reduce((held, look, index) => withLook(held, look, looks[first + index - 1] ?? null), NOBODY);
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
