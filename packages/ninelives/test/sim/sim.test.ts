import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hatch } from './mutants/hatch.js';
import { hunt } from './mutants/hunt.js';
import { MUTANTS } from './mutants/mutants.js';
import { loadProduction, type Production } from './mutants/production.js';
import { runWeekend } from './run.js';
import { faultsOf, shrink } from './shrink.js';
import { countIn, emptyTally, missingMarks, statement, story } from './tally.js';

const SOURCE = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src');
const HOURS = 6;
const RUNS = 60;
/** Within this many weekends each mutant must show itself. */
const SEEDS_PER_MUTANT = 60;

let production: Production;
before(async () => {
  production = await loadProduction(SOURCE);
});

test(`${RUNS} weekends: no rule broken, and well again each time`, () => {
  const tally = emptyTally(HOURS);
  for (let seed = 1; seed <= RUNS && tally.broken.length === 0; seed++)
    countIn(tally, runWeekend(seed, HOURS, production));
  assert.deepEqual(tally.broken.map(story), []);
  // The swarm as a whole must reach every mark (main.ts); so few weekends need not.
  assert.ok(missingMarks(tally).length <= 3, statement(tally));
});

test('the same seed gives the same weekend, another seed another', () => {
  const first = runWeekend(7, HOURS, production);
  const again = runWeekend(7, HOURS, production);
  assert.deepEqual(again, first);
  assert.notEqual(runWeekend(8, HOURS, production).hash, first.hash);
});

test(`each of the ${MUTANTS.length} mutants is caught`, async () => {
  const catches = await hunt(SOURCE, { seeds: SEEDS_PER_MUTANT, hours: HOURS }, () => {});
  const alive = catches.filter(({ seed }) => seed === null).map(({ mutant }) => mutant);
  assert.deepEqual(alive, []);
  // Half of them are hunted with the core's own asserts off: the world's book-keeping alone must see those.
  const byWorldAlone = catches.filter(({ silenced, said }) => silenced && !said.startsWith('assert'));
  assert.ok(byWorldAlone.length >= MUTANTS.length / 2 - 1);
});

test('a violation is told as a short story that can be seen again', async () => {
  const mutant = MUTANTS.find(({ name }) => name === 'the intent is performed twice');
  assert.ok(mutant);
  const { folder, remove } = hatch(SOURCE, mutant, true);
  try {
    const wrong = await loadProduction(folder);
    const weekend = runWeekend(1, HOURS, wrong);
    const { broken } = weekend;
    assert.equal(broken?.invariant, 'I4');
    const short = shrink({ ...weekend, broken }, HOURS, wrong);
    assert.ok(short.broken?.faults && short.broken.faults.length < faultsOf(1, HOURS).length / 2);
    assert.deepEqual(runWeekend(1, HOURS, wrong, short.broken.faults), short);
  } finally {
    remove();
  }
});
