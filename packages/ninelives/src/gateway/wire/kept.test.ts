import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Kept, Slabs } from './kept.js';

const part = fc.integer({ min: 0, max: 70_000 });
const answer = fc.record({
  head: fc.integer({ min: 1, max: 5_000 }),
  parts: fc.array(part, { maxLength: 5 }),
});

test('what goes out is head and body, whatever was kept in the same memory before', () => {
  const slabs = new Slabs();
  let nth = 0;
  fc.assert(
    fc.property(fc.array(answer, { minLength: 1, maxLength: 4 }), (answers) => {
      // All at once, so that none may write into what another still holds.
      const open = answers.map(({ head, parts }) => {
        const kept = new Kept(slabs);
        const body = parts.map((length) => Buffer.alloc(length, ++nth % 256));
        for (const bytes of body) kept.add(bytes);
        return { kept, body: Buffer.concat(body), head: 'h'.repeat(head) };
      });
      const out = open.map(({ kept, head }) => kept.pieces(head));
      for (const [at, { kept, body, head }] of open.entries()) {
        assert.equal(kept.bytes, body.length);
        assert.ok(Buffer.concat(out[at] as Buffer[]).equals(Buffer.concat([Buffer.from(head), body])));
        assert.equal(kept.text('latin1'), body.toString('latin1'));
      }
      for (const { kept } of open) kept.release();
    }),
    { numRuns: 200 },
  );
});
