import { chmodSync, closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import { RecordUnavailableError } from '../record.js';
import { translate, unavailable } from './failure.js';
import { APPLICATION_ID, MIGRATIONS, migrate } from './migrations.js';

/**
 * The log is moved into the file when it has this many pages of 4 KiB: half of the reserve, so that on a full
 * disk the reserve has room for it (SQLite's default of 1,000 pages would not fit).
 */
const LOG_PAGES = 128;

export type Value = string | number | null;

/**
 * How safe a commit must be against power loss; a killed process loses nothing either way. `durable` waits until
 * the write-ahead log is on the disk (synchronous=FULL): what a person was told or will be, and every kill.
 * `soon` does not wait (NORMAL): the file stays sound, but the last seconds may be gone after a power cut. That
 * is right for samples and the state beside them, written every 2 s for days: after a power cut no process they
 * speak of is alive, and an fsync on a busy disk would stall the loop when it is needed most. The next durable
 * commit takes all earlier ones to the disk with it, since the log is one file.
 */
export type Durability = 'durable' | 'soon';

/** One open file: cached statements, one way to write. The only place that knows the driver. */
export interface Connection {
  path: string;
  all<T>(sql: string, ...values: Value[]): T[];
  get<T>(sql: string, ...values: Value[]): T | undefined;
  /** Only inside `write`. */
  run(sql: string, ...values: Value[]): { changes: number; id: number };
  /** One IMMEDIATE transaction. @throws RecordUnavailableError; nothing of it is then kept. */
  write<T>(durability: Durability, body: () => T): T;
  /** Moves the log into the database and begins the log anew, in place: it keeps its blocks on a full disk. */
  checkpoint(): void;
  close(): void;
}

export interface ConnectionOptions {
  readOnly: boolean;
  /** How long a call may wait for another process's lock. It blocks the caller's event loop meanwhile. */
  busyTimeoutMs: number;
}

/**
 * SQLite does not wait for a lock, whatever the timeout, while another process opens the file as the first, recovers it,
 * or closes it as the last (sqlite.org/wal.html §11). Each of these takes a moment, so opening is tried again.
 */
const OPEN_TRIES = 5;
const OPEN_PAUSE_MS = 40;

/** @throws RecordUnavailableError when it can't be opened, or was written by a newer version. */
export function connect(path: string, options: ConnectionOptions): Connection {
  for (let tries = 1; ; tries++) {
    try {
      return open(path, options);
    } catch (error) {
      const said = translate(fromSystem(error, path), path);
      const busy = said instanceof RecordUnavailableError && said.reason === 'busy';
      if (!busy || tries === OPEN_TRIES) throw said;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OPEN_PAUSE_MS);
    }
  }
}

function open(path: string, options: ConnectionOptions): Connection {
  if (options.readOnly) {
    if (!existsSync(path)) throw unavailable('missing', path);
  } else create(path);
  const db = new DatabaseSync(path, { readOnly: options.readOnly, timeout: options.busyTimeoutMs });
  try {
    return prepare(db, path, options.readOnly);
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Private from the first byte: SQLite gives its log the mode of the database. An existing file is never opened
 * by us: closing that descriptor would drop the POSIX locks of this process (sqlite.org/howtocorrupt.html §2.2).
 */
function create(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
  else if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
}

function fromSystem(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return unavailable('read-only', path, error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return unavailable('full', path, error);
  return error;
}

function prepare(db: DatabaseSyncInstance, path: string, readOnly: boolean): Connection {
  const statements = new Map<string, StatementSyncInstance>();
  const statement = (sql: string) => {
    let known = statements.get(sql);
    if (!known) {
      known = db.prepare(sql);
      statements.set(sql, known);
    }
    return known;
  };
  let durability: Durability = 'durable';
  const guarded = <T>(body: () => T): T => {
    try {
      return body();
    } catch (error) {
      throw translate(error, path);
    }
  };
  const connection: Connection = {
    path,
    all: <T>(sql: string, ...values: Value[]) => guarded(() => statement(sql).all(...values) as T[]),
    get: <T>(sql: string, ...values: Value[]) =>
      guarded(() => statement(sql).get(...values) as T | undefined),
    run(sql, ...values) {
      const { changes, lastInsertRowid } = statement(sql).run(...values);
      return { changes, id: Number(lastInsertRowid) };
    },
    write<T>(wanted: Durability, body: () => T): T {
      return guarded(() => {
        if (durability !== wanted) {
          db.exec(`PRAGMA synchronous = ${wanted === 'durable' ? 'FULL' : 'NORMAL'}`);
          durability = wanted;
        }
        statement('BEGIN IMMEDIATE').run();
        try {
          const result = body();
          statement('COMMIT').run();
          return result;
        } catch (error) {
          if (db.isTransaction) db.exec('ROLLBACK'); // some failures (FULL, IOERR) have rolled back already
          throw error;
        }
      });
    },
    checkpoint: () => guarded(() => void db.prepare('PRAGMA wal_checkpoint(RESTART)').get()),
    close() {
      // The driver has no finalize: SQLite lets go of the file when the garbage collector took the statements.
      statements.clear();
      if (db.isOpen) db.close();
    },
  };
  begin(db, connection, readOnly);
  return connection;
}

function begin(db: DatabaseSyncInstance, connection: Connection, readOnly: boolean): void {
  const pragma = (name: string) => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
  const { path } = connection;
  const made = pragma('user_version'); // read before the owner: both change in one transaction of another process
  const owner = pragma('application_id');
  if (owner !== APPLICATION_ID && (owner !== 0 || made !== 0)) {
    throw unavailable('damaged', path, new Error('another program made this database'));
  }
  if (!readOnly) {
    db.exec('PRAGMA journal_mode = WAL');
    db.exec('PRAGMA synchronous = FULL');
    db.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
    db.exec('PRAGMA foreign_keys = ON');
    const migratable = {
      exec: (sql: string) => db.exec(sql),
      userVersion: () => pragma('user_version'),
      write: <T>(body: () => T) => connection.write('durable', body),
    };
    migrate(migratable);
  }
  const version = pragma('user_version');
  if (version === MIGRATIONS.length) return;
  const text =
    version > MIGRATIONS.length
      ? `version ${version} was written by a newer ninelives, this one knows ${MIGRATIONS.length}: npm install -g ninelives`
      : `version ${version} is not migrated yet: start the guard once with this ninelives: ninelives up`;
  throw unavailable('version', path, new Error(text));
}
