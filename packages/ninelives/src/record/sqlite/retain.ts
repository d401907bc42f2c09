import type { Connection, Value } from './connection.js';

/** A batch is one short transaction: another process waits for its turn no longer than that. */
const BATCH = 500;
/** Per table and call: 10,000 rows in some 100 ms. The rest goes with the next call. */
const BATCHES = 20;
/** A full disk takes no more of the story than down to this. */
const PRUNE_FLOOR = 1_000;
/** SQLite's own limit (sqlite.org/limits.html §13). */
const PAGES_MAX = 4_294_967_294;
/** A file below 2 MiB has too little to forget: it may grow up to that in any case. */
const PAGES_SMALL = 512;
const PRUNE_ROUNDS = 5;
const PRUNE_EVENTS = 100;

const OF_OPEN_INCIDENT = `EXISTS (SELECT 1 FROM incident WHERE incident.service = event.service
  AND incident.id = event.incident_id AND resolved_wall_ms IS NULL)`;

/** In this order: what refers to an incident goes before it. `?1` is the horizon, `?2` the batch. */
const OLD: readonly string[] = [
  'DELETE FROM sample WHERE id IN (SELECT id FROM sample WHERE wall_ms < ?1 LIMIT ?2)',
  `DELETE FROM minute WHERE (service, minute) IN (
     SELECT service, minute FROM minute WHERE last_wall_ms < ?1 LIMIT ?2)`,
  `DELETE FROM traffic WHERE (service, minute) IN (
     SELECT service, minute FROM traffic WHERE (minute + 1) * 60000.0 < ?1 LIMIT ?2)`,
  `DELETE FROM event WHERE id IN (SELECT id FROM event WHERE wall_ms < ?1 AND NOT ${OF_OPEN_INCIDENT} LIMIT ?2)`,
  `DELETE FROM intent WHERE seq IN (SELECT intent.seq FROM intent JOIN incident
     ON incident.service = intent.service AND incident.id = intent.incident_id
     WHERE closed IS NOT NULL AND resolved_wall_ms < ?1 LIMIT ?2)`,
  `DELETE FROM incident WHERE seq IN (SELECT seq FROM incident WHERE resolved_wall_ms < ?1 AND NOT EXISTS (
     SELECT 1 FROM intent WHERE intent.service = incident.service AND intent.incident_id = incident.id) LIMIT ?2)`,
  `DELETE FROM outbox WHERE id IN (
     SELECT id FROM outbox WHERE coalesce(accepted_wall_ms, gave_up_wall_ms) < ?1 LIMIT ?2)`,
  `DELETE FROM drill WHERE seq IN (SELECT seq FROM drill WHERE wall_ms < ?1
     AND seq NOT IN (SELECT max(seq) FROM drill GROUP BY service, fault) LIMIT ?2)`,
];

/** See GuardRecord.retain. */
export function retain(db: Connection, olderThanWallMs: number): void {
  for (const sql of OLD) {
    for (let batch = 0; batch < BATCHES; batch += 1) {
      if (deleteSome(db, sql, olderThanWallMs, BATCH) === 0) break;
    }
  }
}

/**
 * Room on a full disk: the oldest samples and events go, whatever their age, and their pages in the file are
 * used again. In small rounds, since deleting writes to the log too. What belongs to an open incident stays.
 * Returns the rows forgotten. From here on the file may not grow (see `allowGrowth`):
 * what is left of the disk is for the log, or neither log nor file could move any more.
 */
export function prune(db: Connection): number {
  const samples = `DELETE FROM sample WHERE id IN (SELECT id FROM sample ORDER BY id
    LIMIT min(?2, max(0, (SELECT count(*) FROM sample) - ?1)))`;
  const events = `DELETE FROM event WHERE id IN (SELECT id FROM event WHERE NOT ${OF_OPEN_INCIDENT} ORDER BY id
    LIMIT min(?2, max(0, (SELECT count(*) FROM event) - ?1)))`;
  let forgotten = 0;
  db.checkpoint();
  allowGrowth(db, false);
  for (let round = 0; round < PRUNE_ROUNDS; round += 1) {
    forgotten += deleteSome(db, samples, PRUNE_FLOOR, 4 * PRUNE_EVENTS);
    forgotten += deleteSome(db, events, PRUNE_FLOOR, PRUNE_EVENTS);
  }
  return forgotten;
}

/** Without growth a commit that needs more pages than are free in the file fails as `full`, before the disk is. */
export function allowGrowth(db: Connection, allowed: boolean): void {
  const pages = db.get<{ page_count: number }>('PRAGMA page_count')?.page_count ?? 0;
  db.get(`PRAGMA max_page_count = ${allowed ? PAGES_MAX : Math.max(pages, PAGES_SMALL)}`);
}

function deleteSome(db: Connection, sql: string, ...values: Value[]): number {
  return db.write('soon', () => db.run(sql, ...values).changes);
}
