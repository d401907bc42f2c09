import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incarnationOf, POLICY, serving } from '../../test/fixtures/core-story.js';
import type { TrafficSight } from './types.js';

const traffic = (kind: TrafficSight['kind'], of = 1) =>
  ({
    type: 'traffic',
    incarnation: incarnationOf(of),
    traffic: { kind, text: `traffic is ${kind}` },
  }) as const;

test('clients who wait longer than ever: asked at once, and hung when that is silent too', () => {
  const story = serving({ ...POLICY, intervalMs: 600_000 });
  assert.ok((story.state.probeDueAtMs ?? 0) > story.nowMs);
  story.see(traffic('standing'));
  assert.equal(story.state.probeDueAtMs, story.nowMs);
  story.see(traffic('standing')).probe('timeout').see(traffic('standing')).probe('timeout');
  assert.equal(story.kills.length, 0, 'I1: two failures are no three');
  story.see(traffic('standing')).probe('timeout');
  assert.match(story.kills[0]?.reason ?? '', /^hung: .*traffic is standing/);
});

test('work that is expected to take so long is left alone while it is seen to be, and no longer', () => {
  const story = serving({ ...POLICY, idlePatienceMs: 0 });
  for (let i = 0; i < 60; i++) story.see(traffic('expected')).probe('timeout');
  assert.equal(story.kills.length, 0);
  assert.equal(story.state.verdict.kind, 'busy');
  for (let i = 0; i < 10; i++) story.probe('timeout');
  assert.equal(story.kills.length, 1, 'the gateway has not said so for a while');
});

test('a gateway that can not be asked for a while takes no patience away', () => {
  const story = serving();
  for (let i = 0; i < 100; i++) story.see(traffic('expected')).probe('timeout');
  for (let i = 0; i < 18; i++) story.probe('timeout');
  assert.equal(story.kills.length, 0, 'standing still counts from when it last said so');
  for (let i = 0; i < 4; i++) story.probe('timeout');
  assert.equal(story.kills.length, 1);
});

test('work that nothing is known of lengthens patience; another life, and none, say nothing', () => {
  const quick = { ...POLICY, idlePatienceMs: 0 };
  const story = serving(quick);
  for (let i = 0; i < 60; i++) story.see(traffic('unlearnt')).probe('timeout');
  assert.equal(story.state.verdict.kind, 'opaque');
  for (let i = 0; i < 60; i++) story.see(traffic('unlearnt')).probe('timeout');
  assert.equal(story.kills.length, 1);
  for (const nothing of [traffic('none'), traffic('expected', 2)]) {
    assert.equal(serving(quick).see(nothing).probe('timeout', 'timeout', 'timeout').kills.length, 1);
  }
});

test('I1 when a client’s unknown work is over, standing still counts from then: the server has only just become free', () => {
  const story = serving();
  for (let i = 0; i < 60; i++) story.see(traffic('unlearnt')).probe('timeout');
  story.see(traffic('none'));
  for (let i = 0; i < 18; i++) story.probe('timeout');
  assert.equal(story.kills.length, 0);
  for (let i = 0; i < 4; i++) story.probe('timeout');
  assert.equal(story.kills.length, 1);
});
