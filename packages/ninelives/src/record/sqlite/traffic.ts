import type { GuardRecord, TrafficMinute } from '../record.js';
import type { Connection } from './connection.js';

/** A note among the others. */
const SEEN = 'traffic-seen';

/** What clients asked: see GuardRecord. */
export function trafficOn(db: Connection): Pick<GuardRecord, 'addTraffic' | 'traffic' | 'trafficSeen'> {
  return {
    addTraffic(service, row, seen) {
      const { minute, answered, replayed, refused, clientGone, tookSumMs, tookMaxMs } = row;
      db.write('soon', () => {
        db.run(
          `INSERT INTO traffic VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET
             answered = answered + ?3, replayed = replayed + ?4, refused = refused + ?5,
             client_gone = client_gone + ?6, took_sum_ms = took_sum_ms + ?7, took_max_ms = max(took_max_ms, ?8)`,
          service,
          minute,
          answered,
          replayed,
          refused,
          clientGone,
          tookSumMs,
          tookMaxMs,
        );
        db.run(
          'INSERT INTO note (service, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
          service,
          SEEN,
          JSON.stringify(seen ?? null),
        );
      });
    },
    trafficSeen(service) {
      const sql = 'SELECT value FROM note WHERE service = ? AND key = ?';
      const row = db.get<{ value: string }>(sql, service, SEEN);
      return row ? JSON.parse(row.value) : null;
    },
    traffic: (service, sinceWallMs) =>
      db
        .all<TrafficMinute>(
          `SELECT minute, answered, replayed, refused, client_gone AS clientGone, took_sum_ms AS tookSumMs,
             took_max_ms AS tookMaxMs
           FROM traffic WHERE service = ? AND minute >= ? ORDER BY minute`,
          service,
          Math.floor(sinceWallMs / 60_000),
        )
        .map((row) => ({ ...row })),
  };
}
