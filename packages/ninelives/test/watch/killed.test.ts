import assert from 'node:assert/strict';
import { once } from 'node:events';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Incident } from '../../src/core/decision.js';
import type { OutboxRow } from '../../src/record/record.js';
import { seeded } from '../record/story.js';
import { openStage, until, withRecordOf } from './stage.js';

const KILLS = 14;

/** Ids of all pages ever committed, by the incidents on record. */
function pageIds(stateDir: string): string[] {
  const idsOf = ({ id, status }: Incident) =>
    ['opened', ...(status === 'resolved' ? ['resolved'] : [])].map((kind) => `svc/${id}/${kind}`);
  return withRecordOf(stateDir, (record) => record.incidents().flatMap(idsOf), []);
}

const rowsOf = (stateDir: string): OutboxRow[] =>
  withRecordOf(stateDir, (record) => record.outboxSince(0, 1_000), []);

it('watch, killed at random with pages pending, loses none, and repeats only what was accepted as it died', async (context) => {
  const random = seeded(20_261_125);
  // Else the fifth loss is told as flapping, and the rest not at all.
  const stage = await openStage({ lan: false, extra: 'paging: { flapping: false }' });
  const { phone, edge, stateDir } = stage;
  const accepted: string[] = [];
  // Refuses for a while, and takes its time to say yes: there is always something pending, or on its way.
  phone.answer = (_, response) => {
    const id = String(phone.requests.at(-1)?.headers['webhook-id']);
    if (random() < 0.3) return void response.writeHead(503).end();
    accepted.push(id);
    const timer = setTimeout(() => response.end(), random() * 60);
    response.on('close', () => clearTimeout(timer));
  };
  /** Accepted by the phone, and not known to be so by the record when its writer died: the one window of I10. */
  const window: string[] = [];
  const repeats = () => accepted.length - new Set(accepted).size;
  try {
    await once(stage.start('--once'), 'exit');
    let isOff = false;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = pageIds(stateDir).length;
      const child = stage.start();
      // Every second life at any moment of it, start-up too; the others when there is a page.
      if (kill % 2 === 0) {
        isOff = !isOff;
        await (isOff ? edge.off() : edge.on());
        await until(`a page in life ${kill + 1}`, () => pageIds(stateDir).length > before);
        await sleep(random() * 120);
      } else await sleep(random() * 800);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const known = rowsOf(stateDir).filter(({ acceptedWallMs }) => acceptedWallMs !== null);
      const knows = (id: string) => known.some(({ page }) => page.id === id);
      window.push(...new Set(accepted.filter((id) => !knows(id))));
    }
    const last = stage.start();
    const isQuiet = () => rowsOf(stateDir).every(({ acceptedWallMs }) => acceptedWallMs !== null);
    await until('every page', () => pageIds(stateDir).every((id) => accepted.includes(id)) && isQuiet());
    last.kill('SIGKILL');
    await once(last, 'exit');
    const all = pageIds(stateDir);
    assert.ok(all.length >= KILLS / 2, all.join());
    assert.deepEqual(
      [...new Set(accepted)],
      rowsOf(stateDir).map(({ page }) => page.id),
      'each once after dropping repeats by its id, in order',
    );
    const times = (ids: string[], id: string) => ids.filter((other) => other === id).length;
    for (const id of all) {
      assert.ok(times(accepted, id) <= 1 + times(window, id), `${id} came ${times(accepted, id)} times`);
    }
    context.diagnostic(
      `${all.length} pages, ${phone.requests.length} attempts, ${KILLS} kills, ${repeats()} repeats`,
    );
  } finally {
    await stage.close();
  }
});
