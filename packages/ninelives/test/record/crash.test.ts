import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import { memoryRecord } from '../../src/record/memory.js';
import { type GuardRecord, RecordUnavailableError } from '../../src/record/record.js';
import { openRecord } from '../../src/record/sqlite.js';
import { NOTIFIERS, SERVICE, seeded, story } from './story.js';

const CHILD = join(import.meta.dirname, 'crash-child.js');
/** In all LANES × FILES × KILLS kills. */
const LANES = 2;
const FILES = 6;
const KILLS = 17;

describe('a guard killed at any moment leaves a record that tells the truth', { concurrency: LANES }, () => {
  for (let lane = 0; lane < LANES; lane += 1) {
    it(`${FILES * KILLS} kills, lane ${lane}`, async (context) => {
      const totals = { kills: 0, decisions: 0, idle: 0 };
      for (let file = 0; file < FILES; file += 1) {
        await liveThrough(1 + lane * FILES + file, totals);
      }
      context.diagnostic(
        `${totals.kills} kills, ${totals.decisions} decisions kept, ${totals.idle} lives without a commit`,
      );
      assert.ok(totals.decisions > totals.kills, 'the children must have been killed while committing');
    });
  }
});

/** One file: killed again and again, opened after each kill, and compared with the story. */
async function liveThrough(
  seed: number,
  totals: { kills: number; decisions: number; idle: number },
): Promise<void> {
  const random = seeded(seed * 7919);
  const dir = mkdtempSync(join(tmpdir(), 'ninelives-crash-'));
  const path = join(dir, 'state', 'record.db');
  const told = teller(seed);
  let before = 0;
  try {
    for (let kill = 0; kill < KILLS; kill += 1) {
      await oneLife(path, seed, random);
      const now = inspect(path, told, `seed ${seed}, kill ${kill}`);
      totals.kills += 1;
      totals.decisions += now - before;
      if (now === before) totals.idle += 1;
      before = now;
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** Starts the guard's writer and kills it: mostly amid its commits, now and then while it opens the file. */
async function oneLife(path: string, seed: number, random: () => number): Promise<void> {
  const child = spawn(process.execPath, [CHILD, path, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  try {
    if (random() < 0.1) await sleep(random() * 120);
    else {
      await Promise.race([once(child.stdout, 'data'), exited]);
      // Another process writes meanwhile, as a CLI does.
      if (random() < 0.3) postFromHere(path);
      await sleep(random() * 40);
    }
  } finally {
    child.kill('SIGKILL');
  }
  const [status, signal] = await exited;
  assert.equal(signal, 'SIGKILL', `seed ${seed}: the writer ended by itself (exit status ${status})`);
}

/** A writer without a pause may leave no gap for others; then this row is not posted, which is said. */
function postFromHere(path: string): void {
  const record = openRecord(path, { busyTimeoutMs: 20 });
  try {
    record.post({ service: SERVICE, wallMs: 0, by: 'parent', command: { type: 'resume' } });
  } catch (error) {
    if (!(error instanceof RecordUnavailableError && error.reason === 'busy')) throw error;
  } finally {
    record.close();
  }
}

/** Opens what was left. Returns the last step that it knows. */
function inspect(path: string, told: Told, label: string): number {
  const record = openRecord(path);
  try {
    const last = record.load(SERVICE)?.state.nextId ?? 0;
    assert.ok(last >= told.last, `${label}: a committed step is gone (${told.last}, now ${last})`);
    told.upTo(last);
    const is = content(record);
    const expected = content(told.record);
    for (const part of ['guard', 'events', 'incidents', 'samples', 'pages'] as const) {
      const text = `${label}: ${part} are not those of the story up to step ${last}`;
      assert.equal(JSON.stringify(is[part]), JSON.stringify(expected[part]), text);
    }
    assert.ok(Number.parseInt(record.events({ limit: 1 })[0]?.text ?? '0', 10) === last, label);
    const ids = record.events({ limit: 1e6 }).map(({ id }) => id);
    assert.ok(
      ids.every((id, at) => at === 0 || id > (ids[at - 1] as number)),
      `${label}: ids do not rise`,
    );
    inspectInbox(record, told, last, label);
  } finally {
    record.close();
  }
  inspectFile(path, label);
  return told.last;
}

/** Everything but ids, which the twin counts otherwise. */
function content(record: GuardRecord) {
  return {
    guard: record.load(SERVICE),
    events: record.events({ limit: 1e6 }).map(({ id, ...rest }) => rest),
    incidents: record.incidents({ limit: 1e6 }),
    samples: record.samples(SERVICE, 0),
    pages: record.outboxPending().map(({ page, notifier }) => [notifier, page]),
  };
}

/** The story as it should be, in the memory twin; moves on with the file. */
function teller(seed: number) {
  const steps = story(seed);
  const told = {
    record: memoryRecord(),
    last: 0,
    /** Steps that posted after the last step that consumed; that one. */
    posted: [] as number[],
    consumedAt: 0,
    upTo(last: number) {
      while (told.last < last) {
        const { n, decision, posts, consumes } = steps.next().value;
        told.record.commit(SERVICE, decision, { notifiers: NOTIFIERS });
        if (posts) told.posted.push(n);
        if (consumes) Object.assign(told, { posted: [], consumedAt: n });
        told.last = n;
      }
    },
  };
  return told;
}

type Told = ReturnType<typeof teller>;

/** A row is gone exactly when the decision that consumed it is there. */
function inspectInbox(record: GuardRecord, told: Told, last: number, label: string): void {
  const steps = record
    .inbox(SERVICE)
    .filter(({ by }) => by !== 'parent')
    .map(({ wallMs }) => wallMs);
  for (const n of steps)
    assert.ok(n > told.consumedAt, `${label}: step ${n} was consumed and is still there`);
  // A step that was posted for, and then not committed, may be posted for again by the next life.
  assert.deepEqual([...new Set(steps.filter((n) => n <= last))], told.posted, `${label}: a command is lost`);
}

/** What SQLite itself says of the file, by a connection of its own. */
function inspectFile(path: string, label: string): void {
  const db = new DatabaseSync(path);
  try {
    const all = (sql: string) => db.prepare(sql).all() as { [column: string]: unknown }[];
    assert.deepEqual(
      all('PRAGMA integrity_check').map((row) => row.integrity_check),
      ['ok'],
      label,
    );
    assert.deepEqual(all('PRAGMA foreign_key_check'), [], label);
    const orphans = all(
      'SELECT id FROM intent WHERE NOT EXISTS (SELECT 1 FROM incident WHERE incident.id = intent.incident_id)',
    );
    assert.deepEqual(orphans, [], `${label}: a kill without its incident`);
    const twice = all('SELECT page_id FROM outbox GROUP BY page_id, notifier HAVING count(*) > 1');
    assert.deepEqual(twice, [], `${label}: a page twice`);
  } finally {
    db.close();
  }
}
