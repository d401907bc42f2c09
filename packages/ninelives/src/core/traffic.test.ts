import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incarnationOf, POLICY, Story, serving, unitOf } from '../../test/fixtures/core-story.js';
import type { TrafficSight, UnitSnapshot } from './types.js';

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

const done = { type: 'completion', incarnation: incarnationOf(1), source: 'gateway' } as const;

/** How long after a first question of eight seconds it is killed, standing still. */
function hungAfterMs(others: boolean): number {
  const story = serving().after(5_000);
  if (others) story.see(done);
  const outcome = { reason: 'timeout' as const, detail: 'timeout', tookMs: 8_000, status: null, cheap: [] };
  story.after(3_000).look();
  story.see({
    type: 'probe',
    incarnation: incarnationOf(1),
    startedAtMs: story.nowMs - outcome.tookMs,
    outcome,
  });
  const toldMs = story.nowMs;
  while (story.kills.length === 0) story.probe('timeout');
  return story.nowMs - toldMs;
}

test('I1 what others got while the first unanswered question was on its way begins patience anew', () => {
  assert.equal(hungAfterMs(true) - hungAfterMs(false), 5_000);
});

test('I1 the answer that was due while the outcome waited for a look is no failure', () => {
  const story = serving().after(10_000).look().see(done);
  const outcome = { reason: 'timeout' as const, detail: 'timeout', tookMs: 8_000, status: null, cheap: [] };
  story.see({ type: 'probe', incarnation: incarnationOf(1), startedAtMs: story.nowMs - 9_000, outcome });
  assert.equal(story.state.life?.failures, 0);
});

test('I1 a full queue and a lost process are no hang while others get their answers', () => {
  const main = unitOf(1).processes[0] as UnitSnapshot['processes'][0];
  const crew = [main, { ...main, pid: 201, startTicks: 2_001, main: false }];
  const killed = (others: boolean) => {
    const story = new Story().look({ processes: crew }).probe('ok', 'ok', 'ok');
    story.look({ processes: [main] });
    for (let second = 0; second < 60 && story.kills.length === 0; second++) {
      story.probe('busy');
      if (others && second % 10 === 9) story.see(done);
    }
    return story.kills.length;
  };
  assert.equal(killed(false), 1);
  assert.equal(killed(true), 0);
});
