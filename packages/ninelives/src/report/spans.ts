import type { Incident } from '../core/decision.js';
import type { Minute } from '../record/record.js';
import type { Gap } from './model.js';

/** A stretch of wall time, ms. */
export interface Span {
  from: number;
  to: number;
}

/** Two looks further apart than this are a gap: a pass from cron comes every two minutes. */
export const GAP_MS = 3 * 60_000;

/** What an incident took from its clients: first failure to first right answer, or until `nowWallMs`. */
export function lossOf(incident: Incident, nowWallMs: number): Span {
  const { firstFailureWallMs, firstFailureAtMs, servingAtMs, resolvedAtMs } = incident;
  const endAtMs = servingAtMs ?? resolvedAtMs;
  const to = endAtMs === null ? nowWallMs : firstFailureWallMs + Math.max(0, endAtMs - firstFailureAtMs);
  return { from: firstFailureWallMs, to: Math.max(firstFailureWallMs, to) };
}

/** The length of the union of spans within a window: losses that overlap count once. */
export function covered(spans: Span[], window: Span): number {
  const inside = spans
    .map(({ from, to }) => ({ from: Math.max(from, window.from), to: Math.min(to, window.to) }))
    .filter(({ from, to }) => to > from)
    .sort((a, b) => a.from - b.from);
  let end = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (const { from, to } of inside) {
    sum += Math.max(0, to - Math.max(from, end));
    end = Math.max(end, to);
  }
  return sum;
}

/** Stretches of the window in which nobody looked, from the first look on record. */
export function gapsOf(minutes: Minute[], window: Span): Gap[] {
  const [first] = minutes;
  if (!first) return [];
  const gaps: Gap[] = [];
  let last = first.firstWallMs;
  for (const { firstWallMs, lastWallMs } of minutes) {
    if (firstWallMs - last > GAP_MS) gaps.push({ fromWallMs: last, toWallMs: firstWallMs });
    last = Math.max(last, lastWallMs);
  }
  if (window.to - last > GAP_MS) gaps.push({ fromWallMs: last, toWallMs: window.to });
  return gaps;
}
