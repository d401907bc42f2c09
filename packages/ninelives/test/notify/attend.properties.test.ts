import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { PageKind } from '../../src/core/decision.js';
import { PLAIN } from '../../src/notify/attend/attend.js';
import { isLoss } from '../../src/notify/attend/view.js';
import type { OutboxRow } from '../../src/record/record.js';
import { HOUR, MINUTE, NAMES, POLICY, World } from './paging-world.js';

type Act = 'lose' | 'recover' | 'acknowledge' | 'escalate' | 'phone' | 'mail' | 'boss' | 'die' | number;

describe('whatever happens', () => {
  const act = fc.oneof(
    fc.constantFrom<Act>(
      'lose',
      'recover',
      'lose',
      'recover',
      'acknowledge',
      'escalate',
      'phone',
      'mail',
      'boss',
      'die',
    ),
    fc.integer({ min: 1, max: 60 }),
  );

  it('no loss is told without its end, nor an end without its loss, nor anything twice but after a death; and nothing stays behind', () => {
    const window = {
      services: null,
      fromMin: 13 * 60,
      toMin: 14 * 60,
      days: [0, 1, 2, 3, 4, 5, 6],
      zone: 'UTC',
    };
    fc.assert(
      fc.property(fc.array(act, { maxLength: 25 }), fc.boolean(), (acts, maintained) => {
        const world = new World({ ...POLICY, maintenance: maintained ? [window] : [] });
        for (const one of acts) {
          if (typeof one === 'number') world.pass(one * MINUTE);
          else if (one === 'die') world.dying += 1;
          else if (one === 'escalate') {
            if (world.open) world.write('escalated');
          } else if (one === 'lose' || one === 'recover' || one === 'acknowledge') world[one]();
          else world.takes[one] = !world.takes[one];
        }
        world.takes = { phone: true, boss: true, mail: true };
        world.recover();
        world.pass(3 * HOUR);
        const repeats = world.sent.length - new Set(world.sent).size;
        assert.ok(repeats <= world.deaths, `${repeats} repeats, ${world.deaths} deaths`);
        assert.deepEqual(
          world.rows.filter(({ acceptedWallMs, gaveUpWallMs }) => acceptedWallMs === gaveUpWallMs),
          [],
        );
        for (const notifier of NAMES) judge(world, notifier);
      }),
      { numRuns: 60 },
    );
  });

  function judge(world: World, notifier: string): void {
    for (const { id } of world.incidents) {
      const own = world.rows.filter((row) => row.notifier === notifier && row.page.incidentId === id);
      const sent = own.filter((row) => row.acceptedWallMs !== null);
      const kinds: PageKind[] = sent.map(({ page }) => page.kind);
      const knows = (rows: OutboxRow[]) => rows.some((row) => isLoss(row.page) && world.read.has(row.id));
      if (knows(own)) assert.ok(kinds.includes('resolved'), `${notifier} ${id}: ${kinds.join()}`);
      const told = own.filter((row) => world.read.has(row.id));
      const first = ({ page }: OutboxRow) => world.sent.indexOf(`${notifier} ${page.id.replace('svc/', '')}`);
      const end = told.find(({ page }) => page.kind === 'resolved');
      if (end)
        assert.ok(
          told.every((row) => !isLoss(row.page) || first(row) < first(end)),
          `${notifier} ${id}: a loss after its end`,
        );
      // A fallback may bring the end of what the phone was told of.
      const all = world.rows.filter(({ page }) => page.incidentId === id);
      if (kinds.includes('resolved'))
        assert.ok(knows(notifier === 'mail' ? all : own), `${notifier} ${id}: no loss`);
    }
  }

  it('without any of it, each page goes to each notifier and nothing is added', () => {
    const world = new World({ ...PLAIN, flapping: null });
    world.lose();
    world.pass(10 * HOUR);
    world.recover();
    world.pass(HOUR);
    assert.equal(world.sent.length, 2 * NAMES.length);
  });
});
