import type { Page } from '../../core/decision.js';
import { type GuardRecord, OUTBOX_WAIT_MAX_MS, type OutboxRow } from '../record.js';
import type { Connection } from './connection.js';

interface Stored {
  id: number;
  notifier: string;
  wall_ms: number;
  withheld: string | null;
  page: string;
  attempts: number;
  next_wall_ms: number;
  accepted_wall_ms: number | null;
  gave_up_wall_ms: number | null;
  last_error: string | null;
}

const UNFINISHED = 'accepted_wall_ms IS NULL AND gave_up_wall_ms IS NULL';

/** The outbox's share of the port: see GuardRecord. */
export function outboxOn(
  db: Connection,
): Pick<
  GuardRecord,
  | 'outboxDue'
  | 'outboxTried'
  | 'outboxAccepted'
  | 'outboxFailed'
  | 'outboxPending'
  | 'outboxSince'
  | 'outboxTend'
> {
  return {
    outboxDue: (wallMs, limit, held = []) =>
      db
        .all<Stored>(
          `SELECT * FROM outbox WHERE id IN (SELECT min(id) FROM outbox WHERE ${UNFINISHED}
             AND id NOT IN (SELECT value FROM json_each(?4)) GROUP BY notifier)
           AND (next_wall_ms <= ?1 OR next_wall_ms > ?1 + ?2) ORDER BY id LIMIT ?3`,
          wallMs,
          OUTBOX_WAIT_MAX_MS,
          limit,
          JSON.stringify(held),
        )
        .map(rowOf),
    outboxSince: (wallMs, limit) =>
      db
        .all<Stored>(
          `SELECT * FROM outbox WHERE (${UNFINISHED}) OR wall_ms >= ? ORDER BY id DESC LIMIT ?`,
          wallMs,
          limit,
        )
        .reverse()
        .map(rowOf),
    outboxTend({ add, withhold }, wallMs) {
      db.write('durable', () => {
        for (const { page, notifier } of add) addPage(db, page, [notifier], wallMs);
        for (const { id, why } of withhold) {
          db.run(
            `UPDATE outbox SET withheld = ?, gave_up_wall_ms = ?
             WHERE id = ? AND attempts = 0 AND ${UNFINISHED}`,
            why,
            wallMs,
            id,
          );
        }
      });
    },
    outboxPending: () => db.all<Stored>(`SELECT * FROM outbox WHERE ${UNFINISHED} ORDER BY id`).map(rowOf),
    outboxTried(id) {
      db.write('durable', () =>
        db.run(`UPDATE outbox SET attempts = attempts + 1 WHERE id = ? AND ${UNFINISHED}`, id),
      );
    },
    outboxAccepted(id, wallMs) {
      db.write('durable', () =>
        db.run(
          `UPDATE outbox SET accepted_wall_ms = ?, last_error = NULL WHERE id = ? AND ${UNFINISHED}`,
          wallMs,
          id,
        ),
      );
    },
    outboxFailed(id, error, next) {
      const gaveUp = 'gaveUpWallMs' in next ? next.gaveUpWallMs : null;
      db.write('durable', () =>
        db.run(
          `UPDATE outbox SET last_error = ?, gave_up_wall_ms = ?,
             next_wall_ms = coalesce(?, next_wall_ms) WHERE id = ? AND ${UNFINISHED}`,
          error,
          gaveUp,
          'wallMs' in next ? next.wallMs : null,
          id,
        ),
      );
    },
  };
}

/** One row a notifier. A page that is known already is not sent again: its id says that it is the same. */
export function addPage(
  db: Connection,
  page: Page,
  notifiers: readonly string[],
  queuedWallMs = page.wallMs,
): void {
  for (const notifier of notifiers) {
    db.run(
      `INSERT INTO outbox (page_id, notifier, wall_ms, page, next_wall_ms) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (page_id, notifier) DO NOTHING`,
      page.id,
      notifier,
      queuedWallMs,
      JSON.stringify(page),
      queuedWallMs,
    );
  }
}

function rowOf(row: Stored): OutboxRow {
  return {
    id: row.id,
    page: JSON.parse(row.page) as Page,
    notifier: row.notifier,
    queuedWallMs: row.wall_ms,
    attempts: row.attempts,
    nextWallMs: row.next_wall_ms,
    acceptedWallMs: row.accepted_wall_ms,
    gaveUpWallMs: row.gave_up_wall_ms,
    lastError: row.last_error,
    withheld: row.withheld,
  };
}
