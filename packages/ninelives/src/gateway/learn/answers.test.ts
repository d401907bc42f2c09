import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOUNDS_MS, countAnswer, noAnswers, slowestAt } from './answers.js';

test('every answer is in one place of the histogram, and the slowest is told for a while', () => {
  const answers = noAnswers();
  assert.equal(slowestAt(answers, 0), null);
  for (const tookMs of [1, 5, 6, 90_000, 1_000_000]) countAnswer(answers, tookMs, 1_000);
  assert.equal(answers.count, 5);
  assert.equal(answers.sumMs, 1_090_012);
  assert.equal(
    answers.within.reduce((sum, one) => sum + one, 0),
    5,
  );
  assert.deepEqual([answers.within[0], answers.within[1], answers.within[BOUNDS_MS.length]], [2, 1, 1]);
  assert.equal(slowestAt(answers, 2_000), 1_000_000);
  countAnswer(answers, 30, 7_000);
  assert.equal(slowestAt(answers, 7_000), 1_000_000, 'of the while before');
  countAnswer(answers, 20, 13_000);
  assert.equal(slowestAt(answers, 13_000), 30);
  assert.equal(slowestAt(answers, 40_000), null, 'nobody was answered since');
  countAnswer(answers, 10, 40_000);
  assert.equal(slowestAt(answers, 40_000), 10);
});
