import { expect, learn } from '../learn/durations.js';
import { acquit } from '../learn/ledger.js';
import { rejoin } from '../learn/line.js';
import { onCompletion, onOverload } from '../learn/window.js';
import type { CopyFailure } from '../types.js';
import { leaveLine } from './arrive.js';
import { died, down, ready } from './backend.js';
import { type Draft, end, expectedMs, type Held, type HoldState, refuse } from './state.js';

/** A 503 while others are being answered within this time means full, not loading. */
const SERVING_MS = 1_000;
const PAUSE_MAX_MS = 1_000;
const GHOST_MS = 30_000;
const GHOSTS_MAX = 64;

/** The whole answer is here. */
export function answered(draft: Draft, held: Held, right: boolean): void {
  const { state, atMs, limits, commands } = draft;
  const streamed = held.phase === 'streaming';
  const tookMs = atMs - held.sentAtMs;
  if (right && !streamed) {
    const best = expect(state.durations, held.route, held.bytes)?.bestMs ?? tookMs;
    onCompletion(state.window, { tookMs, bestMs: best, inFlight: state.flying.size }, limits);
    learn(state.durations, held.route, held.bytes, tookMs);
  }
  if (state.ledger.entries.size > 0) acquit(state.ledger, held.fingerprint());
  if (held.work && right) {
    state.counts.completions += 1;
    state.backend.lastCompletionAtMs = atMs;
    state.backend.canary.waitMs = limits.canaryFirstMs;
  }
  if (held.life === state.backend.life && isSignOfLife(state, held, right)) ready(draft, 'it answers');
  end(draft, held, held.copies > 1 ? 'replayed' : 'answered');
  if (!streamed) commands.push({ type: 'answer', id: held.id });
}

/** A server whose engine hangs goes on answering all that needs no engine: that ends no suspicion. */
function isSignOfLife({ backend: { readiness } }: HoldState, { work }: Held, right: boolean): boolean {
  return readiness === 'unknown' || (work && (right || readiness !== 'suspect'));
}

/** 503: not now. It waits for a better moment, unless it did so often: then the backend means what it says. */
export function unavailable(draft: Draft, held: Held, retryAfterMs: number | null): void {
  const { state, atMs, limits, commands } = draft;
  held.unavailable += 1;
  if (held.unavailable > limits.unavailableMax || tooLate(draft, held)) {
    end(draft, held, 'answered');
    commands.push({ type: 'answer', id: held.id });
    return;
  }
  state.flying.delete(held);
  const serving = state.flying.size > 0 || atMs - state.backend.lastCompletionAtMs < SERVING_MS;
  if (state.backend.readiness === 'ready' && serving) {
    onOverload(state.window);
    state.backend.pauseUntilMs = atMs + Math.min(PAUSE_MAX_MS, retryAfterMs ?? limits.canaryFirstMs);
  } else if (held.life === state.backend.life) {
    down(draft, 'it answers 503: loading, or full');
  }
  requeue(draft, held);
}

/** No answer will come of this copy. */
export function failed(draft: Draft, held: Held, how: CopyFailure): void {
  const { state } = draft;
  if (how === 'invalid')
    return refuse(draft, held, held.phase === 'streaming' ? 'cut-mid-stream' : 'invalid-answer');
  if (how === 'refused') {
    held.copies -= 1; // it was never sent
    state.counts.copies -= 1;
    state.flying.delete(held);
    if (held.life === state.backend.life) notThere(draft);
    if (tooLate(draft, held)) return refuse(draft, held, 'hold-time');
    return requeue(draft, held);
  }
  if (held.life === state.backend.life) died(draft, 'a connection with work on it broke');
  if (held.phase === 'streaming') return refuse(draft, held, 'cut-mid-stream');
  if (held.replay !== 'whole') return refuse(draft, held, 'lost');
  if (held.copies >= draft.limits.copiesMax) return refuse(draft, held, 'attempts');
  if (tooLate(draft, held)) return refuse(draft, held, 'hold-time');
  state.flying.delete(held);
  requeue(draft, held);
}

/** It died while nothing was on its way to it; or of somebody who did not wait for it. */
function notThere(draft: Draft): void {
  const { ghosts, backend, ledger } = draft.state;
  const why = 'nobody accepts connections';
  if (ghosts.some(({ life }) => life === backend.life)) died(draft, why);
  else {
    ledger.last = null; // a death that nobody was there to see
    down(draft, why);
  }
}

export function clientGone(draft: Draft, held: Held): void {
  const { state, atMs, commands } = draft;
  if (held.phase === 'queued') {
    leaveLine(draft, held);
  } else {
    const { fingerprint, route, bytes, trial, life } = held;
    if (life === state.backend.life && state.ghosts.length < GHOSTS_MAX) {
      state.ghosts.push({ fingerprint: fingerprint(), route, bytes, trial, life, untilMs: atMs + GHOST_MS });
    }
    commands.push({ type: 'cancel', id: held.id });
  }
  end(draft, held, 'client-gone');
}

/** Back into its place in the line. */
function requeue({ state }: Draft, held: Held): void {
  held.phase = 'queued';
  held.trial = false;
  held.expectedMs = expectedMs(state, held);
  state.queuedWorkMs += held.expectedMs;
  rejoin(state.line, held);
}

function tooLate({ atMs, limits }: Draft, held: Held): boolean {
  return atMs - held.arrivedAtMs >= limits.holdMs;
}
