import type { HoldLimits } from '../limits.js';

/**
 * How many copies may be on their way at once. `limit` is what the backend was seen to take without a queue of its
 * own (TCP Vegas: compare the time taken with the best time); `open` is the slow start after a recovery.
 */
export interface Window {
  limit: number;
  open: number;
  /** When `open` last grew by the passing of time. */
  openedAtMs: number;
}

/** Requests waiting inside the backend: fewer, and it could take more; more, and waiting here is fairer. */
const QUEUED_FEW = 3;
const QUEUED_MANY = 6;
/** Below this a difference in time is noise of the machine, not a queue. */
const NOISE_MS = 5;
const BACK_OFF = 0.7;
/** While the slow start sees no completion, it goes on at this pace. */
const DOUBLING_MS = 1_000;

export function freshWindow(limits: HoldLimits): Window {
  const first = Math.min(limits.inFlightFirst, limits.inFlightMax);
  return { limit: first, open: first, openedAtMs: 0 };
}

export function widthOf(window: Window): number {
  return Math.max(1, Math.floor(Math.min(window.limit, window.open)));
}

/** One copy came back. `inFlight` counts it too. */
export function onCompletion(
  window: Window,
  seen: { tookMs: number; bestMs: number; inFlight: number },
  limits: HoldLimits,
): void {
  if (window.open < limits.inFlightMax) window.open += 1;
  if (seen.inFlight * 2 < window.limit) return; // not in use, so nothing was learnt about it
  const { tookMs, bestMs } = seen;
  const queued =
    tookMs <= NOISE_MS ? 0 : seen.inFlight * (1 - Math.min(1, Math.max(bestMs, NOISE_MS) / tookMs));
  const step = 1 / window.limit;
  if (queued < QUEUED_FEW) window.limit = Math.min(limits.inFlightMax, window.limit + step);
  else if (queued > QUEUED_MANY) window.limit = Math.max(1, window.limit - step);
}

/** The backend said that it is full. */
export function onOverload(window: Window): void {
  window.limit = Math.max(1, window.limit * BACK_OFF);
}

/** It is back: one first, then two, four …, so that a cold server is not buried under what has waited. */
export function onRecovery(window: Window, atMs: number): void {
  window.open = 1;
  window.openedAtMs = atMs;
}

/** Nothing broke for a while: one long request at the head must not keep all others waiting. */
export function onQuietTime(window: Window, atMs: number): void {
  if (window.open >= window.limit || atMs - window.openedAtMs < DOUBLING_MS) return;
  window.open *= 2;
  window.openedAtMs = atMs;
}
