import type { Incident, RecordEvent, Sample } from '../../core/decision.js';
import type { DrillRow, GuardRecord, InboxRow, StoredEvent } from '../record.js';
import type { Connection, Value } from './connection.js';

/** Newest rows unless told otherwise: what a screen can hold, and no more memory than that. */
const LIMIT = 1_000;

/** A WHERE clause of those parts whose value is given. */
function where(parts: [sql: string, value: Value | undefined][]): { sql: string; values: Value[] } {
  const given = parts.filter((part): part is [string, Value] => part[1] !== undefined);
  return {
    sql: given.length > 0 ? `WHERE ${given.map(([sql]) => sql).join(' AND ')}` : '',
    values: given.map(([, value]) => value),
  };
}

/** What happened: see GuardRecord. */
export function storiesOn(
  db: Connection,
): Pick<GuardRecord, 'services' | 'incidents' | 'events' | 'samples' | 'drills' | 'saveDrill'> {
  return {
    services: () =>
      db.all<{ service: string }>('SELECT service FROM guard ORDER BY service').map((row) => row.service),
    incidents({ service, limit = LIMIT, sinceWallMs } = {}) {
      const { sql, values } = where([
        ['service = ?', service],
        ['(resolved_wall_ms IS NULL OR resolved_wall_ms >= ?)', sinceWallMs],
      ]);
      return db
        .all<{ json: string }>(`SELECT json FROM incident ${sql} ORDER BY seq DESC LIMIT ?`, ...values, limit)
        .reverse()
        .map((row) => JSON.parse(row.json) as Incident);
    },
    events({ service, sinceId, sinceWallMs, untilWallMs, incidentId, limit = LIMIT } = {}) {
      // Without the plus SQLite walks a service's events from the newest on, however few of them are wanted.
      const few = incidentId !== undefined || untilWallMs !== undefined;
      const { sql, values } = where([
        [few ? '+service = ?' : 'service = ?', service],
        ['id > ?', sinceId],
        ['wall_ms >= ?', sinceWallMs],
        ['wall_ms <= ?', untilWallMs],
        ['incident_id = ?', incidentId],
      ]);
      return db
        .all<{ id: number; service: string; json: string }>(
          `SELECT id, service, json FROM event ${sql} ORDER BY id DESC LIMIT ?`,
          ...values,
          limit,
        )
        .reverse()
        .map((row): StoredEvent => {
          const event = JSON.parse(row.json) as RecordEvent;
          return { ...event, id: row.id, service: row.service };
        });
    },
    samples: (service, sinceWallMs) =>
      db
        .all<{ wall_ms: number; reason: Sample['reason']; took_ms: number }>(
          'SELECT wall_ms, reason, took_ms FROM sample WHERE service = ? AND wall_ms >= ? ORDER BY id',
          service,
          sinceWallMs,
        )
        .map((row) => ({ wallMs: row.wall_ms, reason: row.reason, tookMs: row.took_ms })),
    saveDrill({ id, service, fault, wallMs, passed, report }) {
      db.write('durable', () =>
        db.run(
          `INSERT INTO drill (id, service, fault, wall_ms, passed, report) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET passed = excluded.passed, report = excluded.report`,
          id,
          service,
          fault,
          wallMs,
          passed ? 1 : 0,
          JSON.stringify(report ?? null),
        ),
      );
    },
    drills: (service, limit = LIMIT) =>
      db
        .all<{ id: string; fault: string; wall_ms: number; passed: number; report: string }>(
          'SELECT * FROM drill WHERE service = ? ORDER BY seq DESC LIMIT ?',
          service,
          limit,
        )
        .reverse()
        .map(
          (row): DrillRow => ({
            id: row.id,
            service,
            fault: row.fault,
            wallMs: row.wall_ms,
            passed: row.passed === 1,
            report: JSON.parse(row.report),
          }),
        ),
  };
}

/** Commands from other processes, and small notes: see GuardRecord. */
export function deskOn(db: Connection): Pick<GuardRecord, 'post' | 'inbox' | 'version' | 'note' | 'setNote'> {
  let seen = -1;
  let version = 0;
  return {
    post({ service, wallMs, by, command }) {
      const { id } = db.write('durable', () =>
        db.run(
          'INSERT INTO inbox (service, wall_ms, by, command) VALUES (?, ?, ?, ?)',
          service,
          wallMs,
          by,
          JSON.stringify(command),
        ),
      );
      version += 1; // data_version is blind to this very connection
      return id;
    },
    inbox: (service) =>
      db
        .all<{ id: number; wall_ms: number; by: string; command: string }>(
          'SELECT id, wall_ms, by, command FROM inbox WHERE service = ? ORDER BY id',
          service,
        )
        .map((row) => ({
          id: row.id,
          service,
          wallMs: row.wall_ms,
          by: row.by,
          command: JSON.parse(row.command) as InboxRow['command'],
        })),
    version() {
      const now = db.get<{ data_version: number }>('PRAGMA data_version')?.data_version ?? seen;
      if (now !== seen) version += 1;
      seen = now;
      return version;
    },
    note(service, key) {
      const row = db.get<{ value: string }>(
        'SELECT value FROM note WHERE service = ? AND key = ?',
        service,
        key,
      );
      return row ? JSON.parse(row.value) : undefined;
    },
    setNote(service, key, value) {
      db.write('durable', () =>
        db.run(
          'INSERT INTO note (service, key, value) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
          service,
          key,
          JSON.stringify(value ?? null),
        ),
      );
    },
  };
}
