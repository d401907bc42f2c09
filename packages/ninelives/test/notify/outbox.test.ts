import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FileRecord, openRecord } from '../../src/record/sqlite.js';
import { decision, page } from '../record/rows.js';
import { seeded } from '../record/story.js';
import { farServer } from './far-server.js';
import { mortal, until } from './mortal.js';

const CHILD = join(import.meta.dirname, 'outbox-child.js');
const PAGES = 60;
const KILLS = 8;

/** A receiver that is down, then flapping, then well; it keeps what it took, by webhook-id, in order. */
async function receiver(random: () => number) {
  const taken: string[] = [];
  let mood: 'down' | 'flapping' | 'well' = 'down';
  const server = await farServer(({ headers }, response) => {
    const chance = random();
    if (mood === 'down' || (mood === 'flapping' && chance < 0.15)) return response.destroy();
    if (mood === 'flapping' && chance < 0.3) return response.writeHead(500).end();
    if (mood === 'flapping' && chance < 0.4) return response.writeHead(429, { 'retry-after': '1' }).end();
    taken.push(String(headers['webhook-id']));
    // Taken, and the acknowledgement lost: the sender can't know, and must ask again under the same id.
    if (mood === 'flapping' && chance < 0.6) return response.destroy();
    return response.writeHead(204).end();
  });
  return {
    ...server,
    taken,
    become(next: typeof mood) {
      mood = next;
    },
  };
}

function put(record: FileRecord, n: number): void {
  const id = `page-${String(n).padStart(3, '0')}`;
  record.commit('a', decision('a', n, { pages: [page('a', id)] }), { notifiers: ['hook'] });
}

it('no page is lost, and none delivered under two ids, when both ends fail and the sender is killed', async (context) => {
  const seed = 7;
  const random = seeded(seed);
  const dir = mkdtempSync(join(tmpdir(), 'ninelives-outbox-'));
  const record = openRecord(join(dir, 'record.db'));
  const far = await receiver(random);
  const started = String(Date.now());
  const { live, die } = mortal([CHILD, join(dir, 'record.db'), far.url, started]);
  try {
    for (let n = 1; n <= PAGES / 2; n += 1) put(record, n);
    live();
    await until(() => far.requests.length >= 3, 'nothing is tried while the receiver is down');
    assert.deepEqual(far.taken, []);
    far.become('flapping');
    for (let kill = 0; kill < KILLS; kill += 1) {
      const heard = far.requests.length;
      await until(() => far.requests.length > heard, `the sender is silent after ${kill} kills`);
      await sleep(random() * 30);
      await die();
      for (let n = 0; n < 3; n += 1) put(record, PAGES / 2 + kill * 3 + n + 1);
      live();
    }
    for (let n = PAGES / 2 + KILLS * 3 + 1; n <= PAGES; n += 1) put(record, n);
    far.become('well');
    await until(() => record.outboxPending().length === 0, 'pages are left over');
    const ids = Array.from({ length: PAGES }, (_, at) => `page-${String(at + 1).padStart(3, '0')}`);
    assert.deepEqual([...new Set(far.taken)], ids, 'each once after dropping repeats, in order');
    context.diagnostic(
      `${far.requests.length} attempts, ${far.taken.length - PAGES} repeats, ${KILLS} kills`,
    );
    assert.ok(far.taken.length > PAGES, 'the receiver lost acknowledgements, so there must be repeats');
    // An attempt that came before its page's turn would break the order even of what failed.
    const asked = far.requests.map(({ headers }) => String(headers['webhook-id']));
    assert.deepEqual(asked, [...asked].sort());
  } finally {
    await die();
    record.close();
    await far.close();
    rmSync(dir, { recursive: true });
  }
});
