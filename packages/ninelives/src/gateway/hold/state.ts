import { type Answers, countAnswer, noAnswers } from '../learn/answers.js';
import { type Durations, expect } from '../learn/durations.js';
import { emptyLedger, type Ledger } from '../learn/ledger.js';
import { emptyLine, type Line, type Waiting } from '../learn/line.js';
import { freshWindow, type Window } from '../learn/window.js';
import type { HoldLimits } from '../limits.js';
import type { Arrival, Command, End, Readiness, Refusal } from '../types.js';
import { Few, IdMap } from './collections.js';

/** A request that has not ended. */
export interface Held extends Arrival, Waiting {
  phase: 'queued' | 'sent' | 'streaming';
  arrivedAtMs: number;
  /** Of the copy on its way. */
  sentAtMs: number;
  life: number;
  /** Sent with nothing else on its way, because it is a suspect. */
  trial: boolean;
  copies: number;
  unavailable: number;
  /** Deaths of the backend that this request has waited through; each allows one copy more. */
  deaths: number;
  /** Since when it waits for the backend to be empty. */
  aloneSinceMs: number | null;
  /** What it was expected to take when it joined the line. */
  expectedMs: number;
}

/** What is known of the backend, from its own traffic. */
export interface Backend {
  readiness: Readiness;
  /** A clause for people. */
  why: string;
  sinceMs: number;
  /** Counts up with each death. */
  life: number;
  /** Who listened at the last look; null: not known. */
  incarnation: string | null;
  lastCompletionAtMs: number;
  /** When a canary last came back. */
  lastCanaryAtMs: number;
  /** The last look at its processes, and when CPU use was last seen; null: they can't be seen. */
  look: { atMs: number; cpuMs: number; movedAtMs: number } | null;
  canary: { dueAtMs: number; waitMs: number; asking: boolean };
  /** Sends nothing before this: the backend said that it is full. */
  pauseUntilMs: number;
  /** A death until then is somebody's, who said so. */
  excusedUntilMs: number;
}

/** What left while its copy was on its way: the backend may still die of it. */
export interface Ghost {
  fingerprint: string;
  route: string;
  bytes: number;
  trial: boolean;
  life: number;
  untilMs: number;
}

export interface Counts {
  arrived: number;
  /** Work that the model did, and did right. */
  completions: number;
  ends: Record<End, number>;
  refused: Map<Refusal, number>;
  lastRefusal: { why: Refusal; atMs: number } | null;
  copies: number;
  deaths: number;
  convictions: number;
  canaries: number;
  longestHoldMs: number;
  /** Those of `ends` that were answered. */
  answers: Answers;
}

/**
 * Everything the hold knows. Updated in place: a copy of it for every event would cost more than the request.
 * Nothing outside `step` writes to it.
 */
export interface HoldState {
  requests: IdMap<Held>;
  line: Line<Held>;
  /** On their way, streaming or not. */
  flying: Few<Held>;
  ghosts: Ghost[];
  bytes: number;
  /** Expected work of all who wait in the line, ms. */
  queuedWorkMs: number;
  /** Arrivals so far: the order of the next. */
  order: number;
  backend: Backend;
  window: Window;
  durations: Durations;
  ledger: Ledger;
  counts: Counts;
}

/** One event being worked on. */
export interface Draft {
  state: HoldState;
  atMs: number;
  limits: HoldLimits;
  commands: Command[];
}

export function createHoldState(limits: HoldLimits): HoldState {
  return {
    requests: new IdMap(),
    line: emptyLine(),
    flying: new Few(),
    ghosts: [],
    bytes: 0,
    queuedWorkMs: 0,
    order: 0,
    backend: {
      readiness: 'unknown',
      why: 'nothing was asked of it yet',
      sinceMs: 0,
      life: 1,
      incarnation: null,
      lastCompletionAtMs: Number.NEGATIVE_INFINITY,
      lastCanaryAtMs: Number.NEGATIVE_INFINITY,
      look: null,
      canary: { dueAtMs: Number.POSITIVE_INFINITY, waitMs: limits.canaryFirstMs, asking: false },
      pauseUntilMs: 0,
      excusedUntilMs: Number.NEGATIVE_INFINITY,
    },
    window: freshWindow(limits),
    durations: new Map(),
    ledger: emptyLedger(),
    counts: {
      arrived: 0,
      completions: 0,
      ends: { answered: 0, replayed: 0, refused: 0, 'client-gone': 0 },
      refused: new Map(),
      lastRefusal: null,
      copies: 0,
      deaths: 0,
      convictions: 0,
      canaries: 0,
      longestHoldMs: 0,
      answers: noAnswers(),
    },
  };
}

/** What the line expects of a request that joins it. */
export function expectedMs(state: HoldState, request: Arrival): number {
  return expect(state.durations, request.route, request.bytes)?.meanMs ?? 0;
}

/** Takes a request out for good. The one place where requests end (I9). */
export function end(draft: Draft, held: Held, how: End): void {
  const { state, atMs } = draft;
  state.requests.delete(held.id);
  state.flying.delete(held);
  state.bytes -= held.bytes;
  const tookMs = atMs - held.arrivedAtMs;
  state.counts.ends[how] += 1;
  if (how === 'answered' || how === 'replayed') countAnswer(state.counts.answers, tookMs, atMs);
  state.counts.longestHoldMs = Math.max(state.counts.longestHoldMs, tookMs);
}

/** Ends it with a reason. Its copy must have ended, or be cancelled by the caller. */
export function refuse(draft: Draft, held: Held, why: Refusal, retryAfterMs = 5_000): void {
  countRefusal(draft, why);
  end(draft, held, 'refused');
  draft.commands.push({ type: 'refuse', id: held.id, why, retryAfterMs });
}

export function countRefusal(draft: Draft, why: Refusal): void {
  const { counts } = draft.state;
  counts.refused.set(why, (counts.refused.get(why) ?? 0) + 1);
  counts.lastRefusal = { why, atMs: draft.atMs };
}
