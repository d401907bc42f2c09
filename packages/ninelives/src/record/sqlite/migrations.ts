/** 'NINE': tells our file from any other SQLite database (PRAGMA application_id; file(1) shows it). */
export const APPLICATION_ID = 0x4e494e45;

/**
 * The schema, one entry a version, never edited once released: version N is what the first N entries make.
 * Most of a row is its JSON, exactly as the core made it; columns of their own have only what is searched for.
 */
export const MIGRATIONS: readonly string[] = [
  `
  PRAGMA application_id = ${APPLICATION_ID};

  CREATE TABLE guard (service TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT;

  CREATE TABLE incident (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    service TEXT NOT NULL,
    id TEXT NOT NULL,
    resolved_wall_ms REAL,
    json TEXT NOT NULL,
    UNIQUE (service, id)
  ) STRICT;

  CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service TEXT NOT NULL,
    wall_ms REAL NOT NULL,
    incident_id TEXT,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_service ON event (service, id);
  CREATE INDEX event_incident ON event (incident_id) WHERE incident_id IS NOT NULL;
  CREATE INDEX event_wall ON event (wall_ms);

  -- The key to incident is I5 itself: the file refuses a kill whose incident is not on record.
  CREATE TABLE intent (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    service TEXT NOT NULL,
    id TEXT NOT NULL,
    incident_id TEXT NOT NULL,
    json TEXT NOT NULL,
    closed TEXT,
    UNIQUE (service, id),
    FOREIGN KEY (service, incident_id) REFERENCES incident (service, id)
  ) STRICT;
  CREATE INDEX intent_incident ON intent (service, incident_id);

  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    page_id TEXT NOT NULL,
    notifier TEXT NOT NULL,
    wall_ms REAL NOT NULL,
    page TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_wall_ms REAL NOT NULL,
    accepted_wall_ms REAL,
    gave_up_wall_ms REAL,
    last_error TEXT,
    UNIQUE (page_id, notifier)
  ) STRICT;
  CREATE INDEX outbox_pending ON outbox (notifier, id)
    WHERE accepted_wall_ms IS NULL AND gave_up_wall_ms IS NULL;

  CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service TEXT NOT NULL,
    wall_ms REAL NOT NULL,
    by TEXT NOT NULL,
    command TEXT NOT NULL
  ) STRICT;

  CREATE TABLE sample (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service TEXT NOT NULL,
    wall_ms REAL NOT NULL,
    reason TEXT NOT NULL,
    took_ms REAL NOT NULL
  ) STRICT;
  CREATE INDEX sample_service ON sample (service, id);

  CREATE TABLE drill (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    service TEXT NOT NULL,
    fault TEXT NOT NULL,
    wall_ms REAL NOT NULL,
    passed INTEGER NOT NULL,
    report TEXT NOT NULL
  ) STRICT;

  CREATE TABLE note (
    service TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (service, key)
  ) STRICT;
  `,
  // Finished without being sent, on purpose: why.
  'ALTER TABLE outbox ADD COLUMN withheld TEXT',
  `
  CREATE TABLE minute (
    service TEXT NOT NULL,
    minute INTEGER NOT NULL,
    first_wall_ms REAL NOT NULL,
    last_wall_ms REAL NOT NULL,
    passed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    took_sum_ms REAL NOT NULL,
    took_max_ms REAL NOT NULL,
    PRIMARY KEY (service, minute)
  ) STRICT, WITHOUT ROWID;

  INSERT INTO minute SELECT service, CAST(wall_ms / 60000 AS INTEGER), min(wall_ms), max(wall_ms),
    sum(reason = 'ok'), sum(reason IN ('timeout', 'refused', 'reset', 'unavailable', 'error', 'wrong')),
    sum(reason IN ('busy', 'misconfigured', 'drift', 'blind')),
    sum(iif(reason = 'ok', took_ms, 0)), max(iif(reason = 'ok', took_ms, 0))
    FROM sample GROUP BY service, CAST(wall_ms / 60000 AS INTEGER);
  `,
  `
  CREATE TABLE traffic (
    service TEXT NOT NULL,
    minute INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    replayed INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    client_gone INTEGER NOT NULL,
    took_sum_ms REAL NOT NULL,
    took_max_ms REAL NOT NULL,
    PRIMARY KEY (service, minute)
  ) STRICT, WITHOUT ROWID;
  `,
];

/** What a migration needs of a connection. */
export interface Migratable {
  exec(sql: string): void;
  userVersion(): number;
  /** One IMMEDIATE transaction: all or nothing, one process at a time. */
  write<T>(body: () => T): T;
}

/**
 * Brings the schema to the newest version, all of it in one transaction. Two processes may try at once: the
 * version is read again under the lock. Returns the version found, which is above the newest when a newer
 * ninelives wrote the file; nothing is changed then.
 */
export function migrate(db: Migratable, migrations: readonly string[] = MIGRATIONS): number {
  const found = db.userVersion();
  if (found >= migrations.length) return found;
  return db.write(() => {
    const from = db.userVersion();
    for (const migration of migrations.slice(from)) db.exec(migration);
    if (from < migrations.length) db.exec(`PRAGMA user_version = ${migrations.length}`);
    return from;
  });
}
