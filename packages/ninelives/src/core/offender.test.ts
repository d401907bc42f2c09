import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POLICY, type Story, serving, unitOf } from '../../test/fixtures/core-story.js';
import type { UnitSnapshot } from './types.js';

const GB = 1e9;

/** Silent for longer than any patience. */
function silence(story: Story): Story {
  for (let waited = 0; waited < 40 && !story.state.intent; waited++) story.probe('timeout');
  return story;
}

/** Hangs, is killed, and comes back well, `times` times, a minute apart; `found` is how life n finds the machine. */
function offend(times: number, found: (n: number) => Partial<UnitSnapshot> = () => ({})): Story {
  const story = serving({ ...POLICY, startupGraceMs: 0 });
  for (let n = 2; n < 2 + times; n++) {
    silence(story);
    const { intent } = story.state;
    assert.ok(intent, `kill ${n - 1}`);
    story.see({ type: 'killed', intentId: intent.id, outcome: 'killed', remaining: [], detail: 'gone' });
    story.look({ ...unitOf(n, story.nowMs), ...found(n) }).probe('ok', 'ok');
    for (let calm = 0; calm < 60; calm++) story.probe('ok');
  }
  return story;
}

test('three hangs, each healed, are one person’s matter; the next kill waits', () => {
  const story = offend(2);
  assert.ok(!story.pages.includes('escalated'));
  const third = offend(3);
  assert.equal(third.escalations.length, 1);
  assert.match(third.escalations[0] ?? '', /^3 kills since it was last well/);
  assert.equal(silence(third).kills.length, 3, 'the budget is used up');
});

test('what shows why restarts do not help stands in the page', () => {
  const shrinking = offend(3, (n) => ({ memory: { freeBytes: (14 - 2 * n) * GB, of: 'the machine' } }));
  silence(shrinking);
  assert.match(
    shrinking.escalations.join('\n'),
    /free memory shrinks at each restart \(10\.0 → 8\.0 → 6\.0 GB\)/,
  );
  const lost = offend(3, () => ({
    gpu: { atMs: 0, trouble: 'nvidia-smi: Unable to determine the device handle', hangs: false },
  }));
  assert.match(lost.escalations[0] ?? '', /its GPU may be lost: nvidia-smi: Unable to determine/);
});

test('a unit that gave up says whose port it wanted', () => {
  const foreign = { who: 'foreign' as const, text: 'pid 9 (python3), uid 1000' };
  const story = serving().look({ phase: 'failed', incarnation: null, processes: [], portOwner: foreign });
  assert.match(story.escalations[0] ?? '', /^failed: .*its port is taken: pid 9 \(python3\)/);
});
