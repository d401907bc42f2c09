import { entryOf } from '../learn/ledger.js';
import { heaviest, join, leave } from '../learn/line.js';
import { widthOf } from '../learn/window.js';
import type { Arrival, Refusal } from '../types.js';
import { askSoon } from './backend.js';
import { countRefusal, type Draft, expectedMs, type Held, refuse } from './state.js';

/** Somebody wants in: into the line, or refused at once, which is kinder than late. */
export function arrived(draft: Draft, request: Arrival): void {
  const { state, atMs, commands } = draft;
  state.counts.arrived += 1;
  const turnedAway = objection(draft, request);
  if (turnedAway) {
    state.counts.ends.refused += 1;
    countRefusal(draft, turnedAway.why);
    commands.push({ type: 'refuse', id: request.id, ...turnedAway });
    return;
  }
  const { id, client, route, bytes, replay, work, fingerprint } = request;
  // Field by field: all of them have one shape, and a spread costs more than the rest of this.
  const held: Held = {
    id,
    client,
    route,
    bytes,
    replay,
    work,
    fingerprint,
    turn: 0,
    order: state.order++,
    phase: 'queued',
    arrivedAtMs: atMs,
    sentAtMs: 0,
    life: 0,
    trial: false,
    copies: 0,
    unavailable: 0,
    deaths: 0,
    aloneSinceMs: null,
    expectedMs: expectedMs(state, request),
  };
  state.requests.set(held.id, held);
  state.bytes += held.bytes;
  state.queuedWorkMs += held.expectedMs;
  join(state.line, held);
  if (state.backend.readiness === 'down') askSoon(draft);
}

/** A reason not to let it in. May make room by refusing somebody who has more than a fair share. */
function objection(draft: Draft, request: Arrival): { why: Refusal; retryAfterMs: number } | null {
  const { state, atMs, limits } = draft;
  const knows = state.ledger.entries.size > 0;
  if (knows && entryOf(state.ledger, request.fingerprint(), atMs, limits)?.convicted) {
    return { why: 'quarantined', retryAfterMs: limits.convictionMs };
  }
  if (state.bytes + request.bytes > limits.bytesMax) return { why: 'bytes-full', retryAfterMs: 5_000 };
  const waitMs = expectedWaitMs(draft);
  if (waitMs > limits.holdMs) return { why: 'overloaded', retryAfterMs: waitMs - limits.holdMs + 1_000 };
  if (state.requests.size < limits.requestsMax) return null;
  return makeRoom(draft, request.client);
}

/** How long a newcomer would wait in the line of a backend that serves. */
function expectedWaitMs({ state }: Draft): number {
  return state.backend.readiness === 'ready' ? state.queuedWorkMs / widthOf(state.window) : 0;
}

/** The line is full: whoever has most in it gives up the newest of theirs, be it the newcomer. */
function makeRoom(draft: Draft, client: string): { why: Refusal; retryAfterMs: number } | null {
  const { state } = draft;
  const most = heaviest(state.line);
  if (!most || most.count < 2) return { why: 'queue-full', retryAfterMs: 5_000 };
  if (most.client === client) return { why: 'share-full', retryAfterMs: 5_000 };
  const last = state.line.waiting.findLast((held) => held.client === most.client && held.copies === 0);
  if (!last) return { why: 'queue-full', retryAfterMs: 5_000 };
  leaveLine(draft, last);
  refuse(draft, last, 'share-full');
  return null;
}

/** Out of the line, with the work that was expected of it. */
export function leaveLine({ state }: Draft, held: Held): void {
  leave(state.line, held);
  state.queuedWorkMs = state.line.waiting.length === 0 ? 0 : state.queuedWorkMs - held.expectedMs;
}
