import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Decision } from '../../src/core/decision.js';
import { RecordUnavailableError } from '../../src/record/record.js';
import { openReserve } from '../../src/record/reserve.js';
import { type FileRecord, openRecord } from '../../src/record/sqlite.js';
import { decision, event, incident, intent, page } from './rows.js';

const isRoot = process.getuid?.() === 0;
const QUIET = { notifiers: [] };

let dir: string;
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'ninelives-full-'));
});
after(() => rmSync(dir, { recursive: true }));

/** A disk of 8 MiB of our own, or why there is none. */
function smallDisk(): { path: string; unmount: () => void } | string {
  if (!isRoot) return 'needs root to mount a small disk';
  const path = mkdtempSync(join(dir, 'disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path], { encoding: 'utf8' });
  if (mounted.status !== 0)
    return `cannot mount a small disk here: ${mounted.stderr?.trim() ?? mounted.error}`;
  return { path, unmount: () => void spawnSync('umount', ['-l', path]) };
}

/** Fills what is left of the disk to the last byte. */
function fill(path: string): void {
  const file = openSync(join(path, 'filler'), 'a');
  try {
    for (const size of [65_536, 4_096, 1]) {
      for (;;) if (writeSync(file, Buffer.alloc(size, 1)) < size) break;
    }
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  } finally {
    closeSync(file);
  }
}

function isFull(error: unknown): boolean {
  assert.ok(error instanceof RecordUnavailableError, String(error));
  assert.equal(error.reason, 'full', error.message);
  assert.match(error.message, /no space is left.*df -h/);
  return true;
}

/** Some 8 kB of history. */
function bulky(n: number): Decision {
  const events = Array.from({ length: 20 }, (_, at) => event(n, `${n}.${at} ${'x'.repeat(200)}`));
  return decision('a', n, { events, sample: { wallMs: n, reason: 'ok', tookMs: 1 } });
}

/** Commits bulky history until the disk takes no more; the number of the last state that it took. */
function commitUntilFull(record: FileRecord): number {
  for (let n = 1; ; n += 1) {
    try {
      record.commit('a', bulky(n), QUIET);
    } catch (error) {
      isFull(error);
      return n - 1;
    }
  }
}

const killDecision = (n: number): Decision =>
  decision('a', n, {
    incidents: [incident('a', 'i1')],
    intent: intent('a', 'k1', 'i1'),
    events: [event(n, 'hung', 'i1')],
    pages: [page('a', 'i1/opened', n)],
  });

describe('on a full disk', () => {
  it('a commit is refused whole; with the reserve given up it is taken', (context) => {
    const disk = smallDisk();
    if (typeof disk === 'string') return context.skip(disk);
    try {
      const record = openRecord(join(disk.path, 'record.db'));
      const reservePath = join(disk.path, 'reserve');
      const reserve = openReserve({ path: reservePath, record });
      const { size, blocks } = statSync(reservePath);
      assert.ok(size === 1024 * 1024 && blocks * 512 >= size, 'really allocated');
      fill(disk.path);
      const last = commitUntilFull(record);
      assert.equal(record.load('a')?.state.nextId ?? 0, last);
      const events = record.events({ limit: 1e6 }).length;
      assert.equal(events, last * 20);
      assert.throws(() => record.commit('a', killDecision(last + 1), { notifiers: ['phone'] }), isFull);
      assert.deepEqual([record.incidents(), record.outboxPending()], [[], []]);
      assert.equal(record.events({ limit: 1e6 }).length, events);

      const refusal = new RecordUnavailableError('busy', { reason: 'busy' });
      assert.equal(reserve.makeRoom(refusal), false, 'only a full disk is worth the reserve');
      assert.ok(statSync(reservePath).size > 0);
      assert.equal(reserve.makeRoom(), true);
      record.commit('a', killDecision(last + 1), { notifiers: ['phone'] });
      assert.equal(record.load('a')?.openIntents[0]?.id, 'k1');
      assert.equal(record.outboxPending().length, 1);
      assert.equal(reserve.take(), false, 'the reserve is never what fills the disk');
      rmSync(join(disk.path, 'filler'));
      assert.equal(reserve.take(), true);
      record.close();
    } finally {
      disk.unmount();
    }
  });

  it('old rows make room, again and again, when nothing else does', (context) => {
    const disk = smallDisk();
    if (typeof disk === 'string') return context.skip(disk);
    try {
      const record = openRecord(join(disk.path, 'record.db'));
      const reserve = openReserve({ path: join(disk.path, 'reserve'), record });
      // The history itself fills the disk; nobody frees any, and what follows is more than the reserve.
      const last = commitUntilFull(record);
      let taken = 0;
      for (let n = last + 1; n <= last + 300; n += 1) {
        const more = bulky(n);
        try {
          record.commit('a', more, QUIET);
        } catch (error) {
          isFull(error);
          if (!reserve.makeRoom(error)) continue;
          record.commit('a', more, QUIET);
        }
        taken += 1;
      }
      assert.equal(taken, 300);
      assert.equal(record.load('a')?.state.nextId, last + 300);
      assert.equal(record.events({ limit: 1 })[0]?.wallMs, last + 300);
      record.close();
    } finally {
      disk.unmount();
    }
  });

  it('no reserve is taken where there is no room for it', (context) => {
    const disk = smallDisk();
    if (typeof disk === 'string') return context.skip(disk);
    try {
      const path = join(disk.path, 'reserve');
      const record = openRecord(join(disk.path, 'record.db'));
      const reserve = openReserve({ path, record, bytes: 4 * 1024 * 1024 });
      assert.equal(statSync(path, { throwIfNoEntry: false }), undefined);
      for (let n = 1; n <= 50; n += 1) record.commit('a', bulky(n), QUIET);
      assert.equal(record.load('a')?.state.nextId, 50, 'a small record grows without a reserve');
      assert.equal(reserve.makeRoom(), false, 'nothing to give up, nothing old enough to forget');
      fill(disk.path);
      assert.throws(() => openRecord(join(disk.path, 'another.db')), isFull);
      record.close();
    } finally {
      disk.unmount();
    }
  });
});

describe('in a folder that may not be written', () => {
  it('says so, with what to type', (context) => {
    const folder = mkdtempSync(join(dir, 'read-only-'));
    const path = join(folder, 'record.db');
    writeFileSync(join(folder, 'note'), '');
    chmodSync(folder, 0o555);
    chmodSync(dir, 0o755);
    const module = new URL('../../src/record/sqlite.js', import.meta.url).pathname;
    // Permissions do not hold for root: it asks as nobody.
    const nobody = isRoot ? { uid: 65_534, gid: 65_534 } : {};
    const look = ['-e', `require('fs').accessSync(${JSON.stringify(module)})`];
    if (spawnSync(process.execPath, look, nobody).status !== 0) {
      return context.skip('user 65534 may not read this checkout');
    }
    const program = `import(${JSON.stringify(module)}).then(({ openRecord }) => openRecord(${JSON.stringify(path)}))
      .catch((error) => { console.log(error.reason, error.message) })`;
    const { stdout, stderr, error } = spawnSync(process.execPath, ['-e', program], {
      encoding: 'utf8',
      ...nobody,
    });
    chmodSync(folder, 0o755);
    assert.match(stdout, /^read-only .*read-only-.*ls -ld/, `${stderr} ${error}`);
  });
});
