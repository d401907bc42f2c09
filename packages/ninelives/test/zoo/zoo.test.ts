import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runClass } from './run-class.js';
import { ZOO } from './table.js';

/** They mostly wait; more at once, and two cores are too few for their start-up. */
const AT_ONCE = 4;

describe('zoo', { concurrency: AT_ONCE }, () => {
  for (const zoo of ZOO) {
    it(`${zoo.name}: ${zoo.action}`, async () => {
      const { complaints, seen } = await runClass(zoo, 'quick');
      assert.deepEqual(complaints, [], Object.values(seen.sentences).join('\n'));
    });
  }

  it('has each name once', () => {
    assert.equal(new Set(ZOO.map((zoo) => zoo.name)).size, ZOO.length);
  });
});
