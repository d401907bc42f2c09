import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { DatabaseSync } from '@photostructure/sqlite';
import { RecordUnavailableError, SAMPLES_KEPT } from '../../src/record/record.js';
import { MIGRATIONS, migrate } from '../../src/record/sqlite/migrations.js';
import { openRecord } from '../../src/record/sqlite.js';
import { decision } from './rows.js';

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'ninelives-file-'));
});
after(() => rmSync(dir, { recursive: true }));

const QUIET = { notifiers: [] };
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const unavailable = (reason: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RecordUnavailableError, String(error));
  assert.equal(error.reason, reason, error.message);
  assert.match(error.message, text);
  return true;
};

describe('the file', () => {
  it('is private, its folder and its log too, also where it was not', () => {
    const path = join(dir, 'new', 'state', 'record.db');
    const record = openRecord(path);
    record.commit('a', decision('a', 1), QUIET);
    for (const name of readdirSync(join(dir, 'new', 'state'))) {
      assert.equal(mode(join(dir, 'new', 'state', name)), '600', name);
    }
    assert.ok(existsSync(`${path}-wal`), 'the log is on');
    assert.deepEqual([mode(join(dir, 'new')), mode(join(dir, 'new', 'state'))], ['700', '700']);
    record.close();
    chmodSync(path, 0o644);
    openRecord(path).close();
    assert.equal(mode(path), '600');
  });

  it('can be read by a process that may not write', () => {
    const path = join(dir, 'read.db');
    assert.throws(() => openRecord(path, { readOnly: true }), unavailable('missing', /ninelives up/));
    assert.ok(!existsSync(path));
    const writer = openRecord(path);
    writer.commit('a', decision('a', 5), QUIET);
    const reader = openRecord(path, { readOnly: true });
    assert.equal(reader.load('a')?.state.nextId, 5);
    const seen = reader.version();
    writer.commit('a', decision('a', 6), QUIET);
    assert.notEqual(reader.version(), seen);
    assert.equal(reader.load('a')?.state.nextId, 6);
    const row = { service: 'a', wallMs: 1, by: 'x', command: { type: 'pause' } } as const;
    assert.throws(() => reader.post(row), unavailable('read-only', /may not be written/));
    reader.close();
    writer.close();
    writer.close();
  });

  it('waits for another writer only so long', () => {
    const path = join(dir, 'busy.db');
    const record = openRecord(path, { busyTimeoutMs: 30 });
    const blocker = new DatabaseSync(path);
    blocker.exec('BEGIN IMMEDIATE');
    assert.throws(
      () => record.commit('a', decision('a', 1), QUIET),
      unavailable('busy', /fuser -v .*busy\.db/),
    );
    assert.equal(record.load('a'), null, 'reading goes on');
    blocker.exec('ROLLBACK');
    record.commit('a', decision('a', 1), QUIET);
    blocker.close();
    record.close();
  });

  it('bounds the samples', () => {
    const path = join(dir, 'samples.db');
    const record = openRecord(path);
    const raw = new DatabaseSync(path);
    raw.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${SAMPLES_KEPT + 1_999})
      INSERT INTO sample (service, wall_ms, reason, took_ms) SELECT 'a', i, 'ok', 1 FROM n`);
    raw.exec(`INSERT INTO sample (id, service, wall_ms, reason, took_ms) VALUES (-1, 'b', 1, 'ok', 1)`);
    raw.close();
    const last = SAMPLES_KEPT + 2_000;
    const sample = { wallMs: last, reason: 'ok' as const, tookMs: 1 };
    record.commit('a', decision('a', 1, { sample }), QUIET);
    const kept = record.samples('a', 0);
    assert.equal(kept.length, SAMPLES_KEPT);
    assert.equal(kept.at(-1)?.wallMs, last);
    assert.equal(record.samples('b', 0).length, 1, 'another service keeps its own');
    record.close();
  });

  it('is made once when several processes open it at the same moment', async () => {
    const path = join(dir, 'together', 'record.db');
    const open = `import('${new URL('../../src/record/sqlite.js', import.meta.url)}').then(({ openRecord }) => {
      openRecord('${path}').post({ service: 'a', wallMs: 1, by: 'x', command: { type: 'pause' } }) })`;
    const all = `for i in 1 2 3 4 5; do "$0" -e "$1" & done; wait`;
    const { stderr } = spawnSync('sh', ['-c', all, process.execPath, open], { encoding: 'utf8' });
    assert.equal(stderr, '');
    const record = openRecord(path, { readOnly: true });
    assert.equal(record.inbox('a').length, 5);
    record.close();
  });
});

describe('the schema', () => {
  const raw = (path: string) => {
    const db = new DatabaseSync(path);
    const version = () => Number(Object.values(db.prepare('PRAGMA user_version').get() ?? {})[0]);
    const write = <T>(body: () => T): T => {
      db.exec('BEGIN IMMEDIATE');
      try {
        const result = body();
        db.exec('COMMIT');
        return result;
      } catch (error) {
        db.exec('ROLLBACK');
        throw error;
      }
    };
    return { db, version, migratable: { exec: (sql: string) => db.exec(sql), userVersion: version, write } };
  };
  const TOMORROW = [...MIGRATIONS, 'ALTER TABLE note ADD COLUMN since_ms REAL'];

  it('of a newer ninelives is refused, and not touched', () => {
    const path = join(dir, 'newer.db');
    const record = openRecord(path);
    record.setNote('a', 'k', 'v');
    record.close();
    const { db, version, migratable } = raw(path);
    assert.equal(migrate(migratable, TOMORROW), MIGRATIONS.length);
    for (const readOnly of [false, true]) {
      assert.throws(() => openRecord(path, { readOnly }), unavailable('version', /newer ninelives/));
    }
    assert.equal(version(), TOMORROW.length);
    db.close();
  });

  it('of an older one is migrated, and its rows are kept', () => {
    const path = join(dir, 'older.db');
    const record = openRecord(path);
    record.setNote('a', 'k', 'v');
    const { db, version, migratable } = raw(path);
    assert.equal(migrate(migratable, TOMORROW), MIGRATIONS.length);
    assert.equal(migrate(migratable, TOMORROW), TOMORROW.length, 'a second time changes nothing');
    assert.equal(version(), TOMORROW.length);
    assert.deepEqual(
      { ...db.prepare('SELECT value, since_ms FROM note').get() },
      { value: '"v"', since_ms: null },
    );
    db.close();
    record.close();
  });

  it('of the first version has its minutes made of its samples', () => {
    const path = join(dir, 'first.db');
    const db = new DatabaseSync(path);
    db.exec(MIGRATIONS[0] ?? '');
    const add = db.prepare("INSERT INTO sample (service, wall_ms, reason, took_ms) VALUES ('a', ?, ?, ?)");
    for (const row of [
      [60_000, 'ok', 10],
      [62_000, 'timeout', 2_000],
      [130_000, 'blind', 1],
    ] as const) {
      add.run(...row);
    }
    db.exec('PRAGMA user_version = 1');
    db.close();
    const record = openRecord(path);
    const minutes = record.minutes('a', 0).map((row) => [row.minute, row.passed, row.failed, row.unknown]);
    assert.deepEqual(minutes, [
      [1, 1, 1, 0],
      [2, 0, 0, 1],
    ]);
    assert.equal(record.minutes('a', 0)[0]?.tookSumMs, 10);
    record.close();
  });

  it('stays as it was when a migration fails half way', () => {
    const path = join(dir, 'half.db');
    openRecord(path).close();
    const { db, version, migratable } = raw(path);
    const broken = [...TOMORROW, 'CREATE TABLE more (a) STRICT; nonsense'];
    assert.throws(() => migrate(migratable, broken));
    assert.equal(version(), MIGRATIONS.length);
    assert.throws(() => db.prepare('SELECT since_ms FROM note'), /no such column/);
    db.close();
    openRecord(path).close();
  });

  it('of an empty database is made, but a reader does not make it', () => {
    const path = join(dir, 'empty.db');
    writeFileSync(path, '');
    assert.throws(
      () => openRecord(path, { readOnly: true }),
      unavailable('version', /not migrated yet.*ninelives up/),
    );
    openRecord(path).close();
    openRecord(path, { readOnly: true }).close();
  });

  it('of somebody else is left alone', () => {
    const path = join(dir, 'theirs.db');
    const db = new DatabaseSync(path);
    db.exec('PRAGMA user_version = 1; CREATE TABLE guard (x)');
    assert.throws(() => openRecord(path), unavailable('damaged', /another program.*/));
    db.close();
    const text = join(dir, 'text.db');
    writeFileSync(text, 'not a database, whatever its name says\n'.repeat(100));
    assert.throws(() => openRecord(text), unavailable('damaged', /mv .*text\.db/));
    mkdirSync(join(dir, 'folder.db'));
    assert.throws(() => openRecord(join(dir, 'folder.db')), unavailable('io', /ls -ld .*folder\.db/));
  });
});
