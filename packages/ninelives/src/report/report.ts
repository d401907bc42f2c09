import type { GuardRecord } from '../record/record.js';
import { layersOf } from './layers.js';
import type { Report } from './model.js';
import { serviceReport } from './service.js';
import { HELD_NOTE, type HeldBook, trafficOf } from './traffic.js';

/** More than a bad weekend has; beyond it the oldest are left out, and the report's times of incidents still hold. */
const EVENTS_MAX = 50_000;
const INCIDENTS_MAX = 5_000;
/** A quarter of an hour each, of 72 hours. */
export const STRIP_CELLS = 288;

export interface ReportOptions {
  sinceMs: number;
  nowWallMs: number;
}

/** The report of everything that is guarded, computed from the record alone. */
export function reportOf(record: GuardRecord, options: ReportOptions): Report {
  const { nowWallMs, sinceMs } = options;
  const window = { from: nowWallMs - sinceMs, to: nowWallMs };
  const services = record.services().flatMap((service) => {
    const state = record.load(service)?.state;
    if (!state || 'heartbeat' in state) return []; // another layer's heart is no service
    const since = { service, sinceWallMs: window.from };
    const facts = {
      state,
      incidents: record.incidents({ ...since, limit: INCIDENTS_MAX }),
      events: record.events({ ...since, limit: EVENTS_MAX }),
      minutes: record.minutes(service, window.from),
      drills: record.drills(service),
      traffic: trafficOf(record.traffic(service, window.from), record.trafficSeen(service) !== null),
      held: (record.note(service, HELD_NOTE) ?? {}) as HeldBook,
      layers: layersOf(record, service, nowWallMs),
    };
    return [serviceReport(facts, window, STRIP_CELLS)];
  });
  const pending = record.outboxPending();
  return {
    version: 1,
    fromWallMs: window.from,
    toWallMs: window.to,
    madeWallMs: nowWallMs,
    services,
    pages: {
      pending: new Set(pending.map(({ page }) => page.id)).size,
      oldestPendingWallMs: pending[0]?.page.wallMs ?? null,
    },
  };
}
