import { quietFor } from '../hold/passing.js';
import type { HoldState } from '../hold/state.js';
import { slowestAt } from '../learn/answers.js';
import { expect, type Learnt } from '../learn/durations.js';
import type { HoldLimits } from '../limits.js';
import type { End, Readiness, Refusal } from '../types.js';

/**
 * What the traffic shows, for the guard: liveness is its question, and these are only facts for it. Ages in ms.
 * The backend's readiness is told for people; it is never the guard's verdict, nor the other way round.
 */
export interface TrafficEvidence {
  atMs: number;
  /** Work of the model so far, done right and whole. Moving is living. */
  completions: number;
  copies: number;
  inFlight: number;
  queued: number;
  /** The longest that a copy has been on its way without an answer, and how long such a request was ever seen to take. */
  oldestMs: number | null;
  oldestExpectedMs: number | null;
  /** The longest that anybody has waited for the backend, on its way or not. */
  longestWaitMs: number | null;
  lastCompletionAgoMs: number | null;
  /** For how long nothing completes although work is on its way; null when none is. */
  quietMs: number | null;
  /** Each piece of work on its way to this life of the backend, and how long its like ever took; null: not known. */
  work: { waitedMs: number; longestMs: number | null }[];
  /** When a byte of a streamed answer last passed. */
  streamedAgoMs: number | null;
  lastRefusal: { why: Refusal; agoMs: number } | null;
  /** Inputs that are refused because they killed the backend, newest first; by hash and size, never by their text. */
  quarantined: { sha256: string; bytes: number; route: string; agoMs: number }[];
  backend: { readiness: Readiness; why: string; forMs: number; deaths: number };
  durations: Learnt[];
  /** How requests ended since the gateway started (I9). */
  ends: Record<End, number>;
  /** Of those that were answered: how many, how long they waited in all, and the slowest of the last seconds, ms. */
  answers: { count: number; sumMs: number; slowestMs: number | null };
}

/** More of them are counted in the metrics. */
const QUARANTINED_TOLD = 20;

/** `streamedAtMs`: see Relay. */
export function evidenceOf(
  state: HoldState,
  streamedAtMs: number,
  atMs: number,
  { convictionMs }: Pick<HoldLimits, 'convictionMs'>,
): TrafficEvidence {
  const { counts, backend, flying, line, requests, durations } = state;
  const oldest = [...flying]
    .filter((held) => held.phase === 'sent')
    .reduce<number | null>((first, held) => Math.min(first ?? Number.POSITIVE_INFINITY, held.sentAtMs), null);
  const arrivals = [...requests.values()].filter((held) => held.phase !== 'streaming');
  const firstArrival = arrivals.reduce(
    (first, held) => Math.min(first, held.arrivedAtMs),
    Number.POSITIVE_INFINITY,
  );
  const expected = [...flying].map((held) => expect(durations, held.route, held.bytes)?.longestMs ?? 0);
  const quiet = atMs - backend.lastCompletionAtMs;
  return {
    atMs,
    completions: counts.completions,
    copies: counts.copies,
    inFlight: flying.size,
    queued: line.waiting.length,
    oldestMs: oldest === null ? null : atMs - oldest,
    oldestExpectedMs: expected.length === 0 ? null : Math.max(...expected),
    longestWaitMs: Number.isFinite(firstArrival) ? atMs - firstArrival : null,
    lastCompletionAgoMs: Number.isFinite(quiet) ? quiet : null,
    quietMs: quietFor(state, atMs, true),
    work: workOf(state, atMs),
    streamedAgoMs: Number.isFinite(streamedAtMs) ? atMs - streamedAtMs : null,
    lastRefusal: counts.lastRefusal && {
      why: counts.lastRefusal.why,
      agoMs: atMs - counts.lastRefusal.atMs,
    },
    quarantined: quarantinedOf(state, atMs, convictionMs),
    backend: {
      readiness: backend.readiness,
      why: backend.why,
      forMs: atMs - backend.sinceMs,
      deaths: counts.deaths,
    },
    durations: [...durations.values()],
    ends: counts.ends,
    answers: {
      count: counts.answers.count,
      sumMs: counts.answers.sumMs,
      slowestMs: slowestAt(counts.answers, atMs),
    },
  };
}

function quarantinedOf({ ledger }: HoldState, atMs: number, forMs: number): TrafficEvidence['quarantined'] {
  return [...ledger.entries.values()]
    .filter((entry) => entry.convicted && atMs - entry.atMs < forMs)
    .slice(-QUARANTINED_TOLD)
    .reverse()
    .map((entry) => ({
      ...{ sha256: entry.fingerprint, bytes: entry.bytes, route: entry.route },
      agoMs: atMs - entry.atMs,
    }));
}

function workOf(state: HoldState, atMs: number): TrafficEvidence['work'] {
  const { flying, durations, backend } = state;
  return [...flying]
    .filter((held) => held.work && held.phase === 'sent' && held.life === backend.life)
    .map((held) => ({
      waitedMs: atMs - held.sentAtMs,
      longestMs: expect(durations, held.route, held.bytes)?.longestMs ?? null,
    }));
}
