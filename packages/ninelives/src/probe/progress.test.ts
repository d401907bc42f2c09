import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sumCounter } from './progress.js';

const TEXT = `# HELP done_total Texts, done_total 99
# TYPE done_total counter
done_total{kind="a} 5",note="say \\"hi\\""} 3 1700000000000
done_total{kind="b"} 4e0
done_total_created 1.7e9
other{} 1
bare 7
broken 1
broken{x="y"} NaN
huge +Inf
`;

test('a counter is the sum over its labels', () => {
  const table: [string, number | null][] = [
    ['done_total', 7],
    ['done_total_created', 1.7e9],
    ['other', 1],
    ['bare', 7],
    ['done', null],
    ['broken', null],
    ['huge', null],
    ['kind', null],
  ];
  for (const [counter, sum] of table) assert.equal(sumCounter(TEXT, counter), sum, counter);
  assert.equal(sumCounter(TEXT.replaceAll('\n', '\r\n'), 'done_total'), 7);
  assert.equal(sumCounter('', 'x'), null);
});

test('no text is read as a number that is none', () => {
  const part = fc.constantFrom('done', '{', '}', '"', '\\', ' ', '\n', '1', '=', ',', 'NaN', 'a');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
      const sum = sumCounter(parts.join(''), 'done');
      return sum === null || Number.isFinite(sum);
    }),
    { numRuns: 1_000 },
  );
});

test('a line built to make a regular expression sweat is read in linear time', () => {
  assert.equal(sumCounter(`done{${'a="b",'.repeat(200_000)}`, 'done'), null);
  assert.equal(sumCounter(`done{${'"\\"'.repeat(200_000)}} 1`, 'done'), null);
});
