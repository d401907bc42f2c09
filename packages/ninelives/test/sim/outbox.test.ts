import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hatch } from './mutants/hatch.js';
import { OUTBOX_MUTANTS } from './outbox/mutants.js';
import { loadOutbox, type OutboxProduction } from './outbox/production.js';
import { OUTBOX_MARKS, OutboxWorld } from './outbox/world.js';

const SOURCE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src');
const HOURS = 24;
const WEEKENDS = 12;

/** The first weekend in which a rule broke, and how; null: none. */
async function firstBroken(production: OutboxProduction, marks = new Set<string>()): Promise<string | null> {
  for (let seed = 1; seed <= WEEKENDS; seed++) {
    const world = new OutboxWorld(seed, HOURS, production);
    try {
      await world.run();
    } catch (error) {
      return `seed ${seed}: ${(error as Error).message}`;
    }
    for (const mark of world.marks) marks.add(mark);
  }
  return null;
}

test(`${WEEKENDS} weekends of pages: each accepted, in order, twice only over a death (I10)`, async () => {
  const marks = new Set<string>();
  assert.equal(await firstBroken(await loadOutbox(SOURCE), marks), null);
  assert.deepEqual([...marks].sort(), [...OUTBOX_MARKS].sort());
});

test(`each of the ${OUTBOX_MUTANTS.length} mutants of the outbox is caught`, async () => {
  for (const mutant of OUTBOX_MUTANTS) {
    const { folder, remove } = hatch(SOURCE, mutant, false);
    try {
      assert.match((await firstBroken(await loadOutbox(folder))) ?? 'lives', /I10/, mutant.name);
    } finally {
      remove();
    }
  }
});
