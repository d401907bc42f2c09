import type { GuardRecord, Minute } from '../record.js';
import type { Connection } from './connection.js';

/** Adds one commit's mark to its minute; part of the commit's own transaction. */
export function addMark(db: Connection, service: string, mark: Minute): void {
  const { minute, firstWallMs, passed, failed, unknown, tookSumMs } = mark;
  db.run(
    `INSERT INTO minute VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7, ?7) ON CONFLICT DO UPDATE SET
       first_wall_ms = min(first_wall_ms, ?3), last_wall_ms = max(last_wall_ms, ?3), passed = passed + ?4,
       failed = failed + ?5, unknown = unknown + ?6, took_sum_ms = took_sum_ms + ?7,
       took_max_ms = max(took_max_ms, ?7)`,
    service,
    minute,
    firstWallMs,
    passed,
    failed,
    unknown,
    tookSumMs,
  );
}

/** The minutes' share of the port: see GuardRecord. */
export function minutesOn(db: Connection): Pick<GuardRecord, 'minutes'> {
  return {
    minutes: (service, sinceWallMs) =>
      db
        .all<Minute>(
          `SELECT minute, first_wall_ms AS firstWallMs, last_wall_ms AS lastWallMs, passed, failed, unknown,
             took_sum_ms AS tookSumMs, took_max_ms AS tookMaxMs
           FROM minute WHERE service = ? AND minute >= ? AND last_wall_ms >= ? ORDER BY minute`,
          service,
          Math.floor(sinceWallMs / 60_000),
          sinceWallMs,
        )
        .map((row) => ({ ...row })),
  };
}
