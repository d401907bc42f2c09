import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incarnationOf, Story, unitOf } from '../../test/fixtures/core-story.js';
import type { UnitSnapshot } from './types.js';

test('a right answer proves a revival only where the unit was seen since it was asked for: a stranger gives them too (seed 2189)', () => {
  const under = (unit: UnitSnapshot) => ({ ...unit, fingerprint: { Restart: 'on-failure' } });
  const story = new Story().look(under(unitOf(1))).probe('ok', 'ok');
  assert.equal(story.state.power, 'watch-only', 'nothing was revived yet');
  story.after(1_000).look(under(unitOf(2)));
  const outcome = { reason: 'ok' as const, detail: '', tookMs: 5, status: 200, cheap: [] };
  for (let second = 0; second < 5; second++) {
    story.after(1_000).see({ type: 'unit-unknown', why: 'systemctl hangs' });
    story.see({ type: 'probe', incarnation: incarnationOf(2), startedAtMs: story.nowMs - 5, outcome });
  }
  assert.equal(story.state.power, 'watch-only', 'it may have died again behind our back');
  assert.equal(story.probe('ok').state.power, 'armed');
});
