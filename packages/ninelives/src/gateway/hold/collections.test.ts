import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Few, IdMap } from './collections.js';

const change = fc.record({
  what: fc.constantFrom('set', 'set', 'delete'),
  // Close together and far apart, so that many share a place.
  id: fc.oneof(
    fc.integer({ min: 1, max: 200 }),
    fc.integer({ min: 1, max: 40 }).map((n) => n * 64),
  ),
  item: fc.nat(),
});

test('an IdMap holds what a Map holds, while it grows and shrinks', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 600, size: 'max' }), (changes) => {
      const model = new Map<number, number>();
      const map = new IdMap<number>();
      for (const { what, id, item } of changes) {
        if (what === 'set') {
          model.set(id, item);
          map.set(id, item);
        } else {
          model.delete(id);
          map.delete(id);
        }
        assert.equal(map.size, model.size);
        assert.equal(map.get(id), model.get(id));
      }
      for (let id = 1; id <= 2_560; id++) assert.equal(map.get(id), model.get(id));
      const sorted = (numbers: Iterable<number>) => [...numbers].sort((a, b) => a - b);
      assert.deepEqual(sorted(map.values()), sorted(model.values()));
    }),
  );
});

test('Few holds what a Set holds', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
      const model = new Set<number>();
      const few = new Few<number>();
      for (const { what, id } of changes) {
        if (what === 'set') {
          model.add(id);
          few.add(id);
        } else {
          model.delete(id);
          few.delete(id);
        }
        assert.equal(few.has(id), model.has(id));
        assert.equal(few.size, model.size);
      }
      assert.deepEqual(new Set(few), model);
    }),
  );
});
