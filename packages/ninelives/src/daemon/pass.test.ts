import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POLICY, serving } from '../../test/fixtures/core-story.js';
import { passAnswer } from './pass.js';

test('L1 a pass is not over at a look that an outcome waits for: that outcome may bring the kill (seed 1352)', () => {
  const story = serving({ ...POLICY, idlePatienceMs: 0 }).look({ revivesAfterKill: false });
  story.probe('timeout', 'timeout', 'timeout');
  assert.equal(story.state.incident?.status, 'escalated');
  assert.equal(passAnswer(story.state, 0), false, 'its kill is withheld, and only a person can go on');
  story.see({ type: 'unit', unit: { ...story.unit, revivesAfterKill: true }, noKill: 'at-hand' });
  assert.equal(story.kills.length, 0);
  assert.equal(passAnswer(story.state, 0), null);
  story.look({ revivesAfterKill: true });
  assert.equal(story.kills.length, 1);
});
