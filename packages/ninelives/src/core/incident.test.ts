import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incarnationOf, POLICY, serving } from '../../test/fixtures/core-story.js';

test('I6 I8 right answers end no incident while the unit is out of sight: an orphan on the port gives them too', () => {
  const story = serving().hang().revive(2);
  const outcome = { reason: 'ok' as const, detail: '', tookMs: 5, status: 200, cheap: [] };
  const answered = () =>
    story
      .see({ type: 'unit-unknown', why: 'systemctl timed out' })
      .see({ type: 'probe', incarnation: incarnationOf(2), startedAtMs: story.nowMs - 5, outcome });
  for (let i = 0; i < 5; i++) {
    story.after(1_000);
    answered();
  }
  assert.notEqual(story.state.incident, null);
  story.after(POLICY.escalateAfterMs);
  answered();
  assert.deepEqual(story.escalations, ['serves again, but is not over: 0 of 2 right answers in a row']);
  assert.equal(story.probe('ok', 'ok').state.incident, null);
});
