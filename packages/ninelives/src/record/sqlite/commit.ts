import type { Decision, GuardState, Incident, KillIntent, RecordEvent, Sample } from '../../core/decision.js';
import { markOf } from '../minutes.js';
import { type CommitOptions, SAMPLES_KEPT } from '../record.js';
import type { Connection } from './connection.js';
import { addMark } from './minutes.js';
import { addPage } from './outbox.js';

/** Writes a decision: see GuardRecord.commit. */
export function commitDecision(
  db: Connection,
  service: string,
  decision: Decision,
  options: CommitOptions,
): void {
  const { state, events, incidents, intent, closedIntent, pages, sample } = decision;
  const told = intent !== null || closedIntent !== null || pages.length > 0 || incidents.length > 0;
  db.write(told ? 'durable' : 'soon', () => {
    saveState(db, service, state);
    for (const incident of incidents) saveIncident(db, incident);
    for (const event of events) addEvent(db, service, event);
    if (intent) addIntent(db, intent);
    if (closedIntent) {
      const { id, outcome, remaining } = closedIntent;
      db.run(
        'UPDATE intent SET closed = ? WHERE service = ? AND id = ?',
        JSON.stringify({ outcome, remaining }),
        service,
        id,
      );
    }
    for (const page of pages) addPage(db, page, options.notifiers);
    if (sample) addSample(db, service, sample);
    const mark = markOf(decision, options.wallMs);
    if (mark) addMark(db, service, mark);
    for (const id of options.consumed ?? [])
      db.run('DELETE FROM inbox WHERE id = ? AND service = ?', id, service);
  });
}

/** State and unfinished intents: see GuardRecord.load. */
export function loadGuard(
  db: Connection,
  service: string,
): { state: GuardState; openIntents: KillIntent[] } | null {
  // One statement, so that state and intents are of the same commit while a daemon writes.
  const row = db.get<{ state: string; intents: string }>(
    `SELECT state, (SELECT json_group_array(json(json)) FROM
       (SELECT json FROM intent WHERE service = guard.service AND closed IS NULL ORDER BY seq)) AS intents
     FROM guard WHERE service = ?`,
    service,
  );
  return row
    ? { state: JSON.parse(row.state) as GuardState, openIntents: JSON.parse(row.intents) as KillIntent[] }
    : null;
}

function saveState(db: Connection, service: string, state: GuardState): void {
  db.run(
    'INSERT INTO guard (service, state) VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state',
    service,
    JSON.stringify(state),
  );
}

function saveIncident(db: Connection, incident: Incident): void {
  db.run(
    `INSERT INTO incident (service, id, resolved_wall_ms, json) VALUES (?, ?, ?, ?)
     ON CONFLICT (service, id) DO UPDATE SET resolved_wall_ms = excluded.resolved_wall_ms, json = excluded.json`,
    incident.service,
    incident.id,
    incident.resolvedWallMs,
    JSON.stringify(incident),
  );
}

function addEvent(db: Connection, service: string, event: RecordEvent): void {
  db.run(
    'INSERT INTO event (service, wall_ms, incident_id, json) VALUES (?, ?, ?, ?)',
    service,
    event.wallMs,
    event.incidentId,
    JSON.stringify(event),
  );
}

function addIntent(db: Connection, intent: KillIntent): void {
  db.run(
    'INSERT INTO intent (service, id, incident_id, json) VALUES (?, ?, ?, ?)',
    intent.service,
    intent.id,
    intent.incidentId,
    JSON.stringify(intent),
  );
}

function addSample(db: Connection, service: string, sample: Sample): void {
  const { id } = db.run(
    'INSERT INTO sample (service, wall_ms, reason, took_ms) VALUES (?, ?, ?, ?)',
    service,
    sample.wallMs,
    sample.reason,
    sample.tookMs,
  );
  // Counted now and then, not with every row.
  if (id % 1_000 !== 0) return;
  db.run(
    `DELETE FROM sample WHERE service = ?1 AND id <= (
       SELECT id FROM sample WHERE service = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`,
    service,
    SAMPLES_KEPT,
  );
}
