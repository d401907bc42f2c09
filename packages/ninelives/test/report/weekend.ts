import type { Incident, RecordEvent } from '../../src/core/decision.js';
import type { GuardRecord } from '../../src/record/record.js';
import { decision, incident } from '../record/rows.js';

export const SERVICE = 'model<script>alert(1)</script>';
const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
/** Noon of a Sunday; monotonic time runs beside it, a day behind. */
export const NOW = Date.UTC(2026, 10, 22, 12);
const atOf = (wallMs: number) => wallMs - NOW + 100 * HOUR;

export interface Loss {
  fromWallMs: number;
  lostMs: number;
  drill?: boolean;
  open?: boolean;
}

/**
 * A weekend written as the guard would: a probe a minute from `sinceMs` ago until now, with gaps in which nobody looked
 * and losses in which every probe fails.
 */
export function writeWeekend(
  record: GuardRecord,
  { sinceMs, gaps, losses }: { sinceMs: number; gaps: [from: number, to: number][]; losses: Loss[] },
): void {
  const within = (wallMs: number, [from, to]: [number, number]) => wallMs > from && wallMs < to;
  const lossAt = (wallMs: number) =>
    losses.find(({ fromWallMs, lostMs }) => wallMs >= fromWallMs && wallMs < fromWallMs + lostMs);
  for (let wallMs = NOW - sinceMs; wallMs <= NOW; wallMs += MINUTE) {
    if (gaps.some((gap) => within(wallMs, gap))) continue;
    const lost = lossAt(wallMs);
    const sample = {
      wallMs,
      reason: lost ? ('timeout' as const) : ('ok' as const),
      tookMs: lost ? 2_000 : 20,
    };
    record.commit(SERVICE, decision(SERVICE, 1, { sample }), { notifiers: [], wallMs });
  }
  losses.forEach((loss, at) => {
    const rows = storyOf(`${at + 1}`, loss);
    record.commit(SERVICE, decision(SERVICE, 1, rows), { notifiers: ['phone'], wallMs: loss.fromWallMs });
  });
}

function storyOf(id: string, { fromWallMs, lostMs, drill, open }: Loss) {
  const at = (wallMs: number, type: RecordEvent['type'], text: string, data?: Record<string, unknown>) => ({
    ...{ atMs: atOf(wallMs), wallMs, type, text, incarnation: null },
    incidentId: type === 'probe-failed' ? null : id,
    ...(data ? { data } : {}),
  });
  const cheap = [{ path: '/health', status: 200, tookMs: 2 }];
  const failed = (wallMs: number) =>
    at(wallMs, 'probe-failed', 'no answer within 2.0 s <b>', { reason: 'timeout', cheap });
  const openedWallMs = fromWallMs + 5 * SECOND;
  const [firstFailureAtMs, openedAtMs] = [atOf(fromWallMs), atOf(openedWallMs)];
  const endAtMs = open ? null : atOf(fromWallMs + lostMs);
  const incidents: Incident[] = [
    incident(SERVICE, id, {
      ...{ status: open ? 'open' : 'resolved', openedAtMs, openedWallMs, firstFailureAtMs },
      ...{ firstFailureWallMs: fromWallMs, servingAtMs: endAtMs, resolvedAtMs: endAtMs, kills: 1 },
      resolvedWallMs: open ? null : fromWallMs + lostMs,
      drill: drill ? { drillId: `d${id}`, fault: 'wedge' } : null,
    }),
  ];
  const events = [
    failed(fromWallMs),
    failed(fromWallMs + 2 * SECOND),
    failed(fromWallMs + 4 * SECOND),
    at(openedWallMs, 'incident-opened', 'hung: 3 probes in a row'),
    at(openedWallMs, 'kill', 'SIGKILL to pid 1 and 1 more: hung', { intentId: `k${id}` }),
    at(openedWallMs, 'kill-outcome', 'gone after 30 ms', { intentId: `k${id}` }),
  ];
  return { incidents, events };
}
