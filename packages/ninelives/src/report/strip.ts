import type { Incident } from '../core/decision.js';
import type { Minute } from '../record/record.js';
import type { StripCell } from './model.js';
import { lossOf, type Span } from './spans.js';

/** The window in equal cells, oldest first: what real work said in each, and which incidents touch it. */
export function stripOf(minutes: Minute[], incidents: Incident[], window: Span, count: number): StripCell[] {
  const lengthMs = (window.to - window.from) / count;
  const cells = Array.from({ length: count }, (_, at): StripCell => {
    const fromWallMs = window.from + at * lengthMs;
    const counts = { passed: 0, failed: 0, unknown: 0 };
    return { fromWallMs, toWallMs: fromWallMs + lengthMs, ...counts, watched: false, incident: null };
  });
  const cellAt = (wallMs: number) => cells[Math.floor((wallMs - window.from) / lengthMs)];
  for (const row of minutes) {
    const cell = cellAt(Math.max(row.firstWallMs, window.from));
    if (!cell) continue;
    cell.passed += row.passed;
    cell.failed += row.failed;
    cell.unknown += row.unknown;
    cell.watched = true;
  }
  for (const incident of incidents) {
    const { from, to } = lossOf(incident, window.to);
    for (const cell of cells) {
      if (from < cell.toWallMs && to >= cell.fromWallMs && cell.incident !== 'real') {
        cell.incident = incident.drill ? 'drill' : 'real';
      }
    }
  }
  return cells;
}
