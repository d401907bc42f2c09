import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runMonth } from './month.js';
import { hatched, MUTANTS } from './mutants.js';

test('months of blips, blindness, late crons and partitions: no page lost, never "down" while blind', async () => {
  let pages = 0;
  let repeats = 0;
  for (let seed = 1; seed <= 6; seed += 1) {
    const { violations, layers } = await runMonth(seed, { blip: 0.01, threshold: 3, calm: false });
    assert.deepEqual(violations, [], `seed ${seed}`);
    for (const layer of layers) {
      pages += layer.pages;
      repeats += layer.repeats;
    }
  }
  // Else nothing of what is promised was put to the test.
  assert.ok(pages > 60, `${pages} pages`);
  assert.ok(repeats > 0, 'no death in the window of I10');
});

for (const mutant of MUTANTS) {
  test(`they catch a lane that ${mutant.name}`, async () => {
    const { carriers, remove } = await hatched(mutant);
    try {
      let caught: string[] = [];
      for (let seed = 1; seed <= 6 && caught.length === 0; seed += 1) {
        caught = (await runMonth(seed, { blip: 0.01, threshold: 3, calm: false, carriers })).violations;
      }
      assert.notDeepEqual(caught, []);
    } finally {
      remove();
    }
  });
}

test('false pages are as many as the arithmetic says', async () => {
  // 1 % of looks fail by chance: two in a row every 21 days, so in 30 days 1.4; one in a row 4.8 a day.
  const months = 6;
  for (const [threshold, expected] of [
    [1, 144],
    [2, 1.44],
  ] as const) {
    let found = 0;
    for (let seed = 1; seed <= months; seed += 1) {
      const { layers } = await runMonth(seed, { blip: 0.01, threshold, calm: true });
      found += layers[0]?.falsePages ?? 0;
    }
    const mean = expected * months;
    const slack = 4 * Math.sqrt(mean);
    assert.ok(
      Math.abs(found - mean) <= slack + mean * 0.1,
      `threshold ${threshold}: ${found}, expected ${mean}`,
    );
  }
});
