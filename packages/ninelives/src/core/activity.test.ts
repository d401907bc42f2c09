import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incarnationOf, serving } from '../../test/fixtures/core-story.js';
import type { UnitSnapshot } from './types.js';

test('a batch on a machine that gives it next to no CPU is at work: it always wants some', () => {
  const story = serving();
  const main = story.unit.processes[0] as UnitSnapshot['processes'][0];
  const hungry = (state: string) => {
    for (let half = 0; half < 120; half++) {
      story.after(500).look({ processes: [{ ...main, state, cpuMs: half }] });
      if (half % 2 === 1) story.probe('timeout');
    }
    return story;
  };
  assert.equal(hungry('R').kills.length, 0);
  assert.equal(story.state.verdict.kind, 'busy');
  assert.equal(hungry('S').kills.length, 1);
});

test('finished work now and then leaves a server alone for ever, however long our question waits', () => {
  const story = serving();
  const main = story.unit.processes[0] as UnitSnapshot['processes'][0];
  const incarnation = incarnationOf(1);
  for (let minute = 0; minute < 12; minute++) {
    for (let second = 0; second < 60; second++) {
      story.look({ processes: [{ ...main, cpuMs: story.nowMs * 0.9 }] }).probe('timeout');
    }
    story.see({ type: 'completion', incarnation, source: 'counter' });
  }
  assert.equal(story.kills.length, 0);
});

test('a batch beside which one cheap answer is missed is no jam of its whole length', () => {
  const story = serving();
  const main = story.unit.processes[0] as UnitSnapshot['processes'][0];
  const batch = (forS: number, status: number | null) => {
    for (let second = 0; second < forS; second++) {
      story.after(1_000).look({ processes: [{ ...main, state: 'R', cpuMs: story.nowMs * 0.9 }] });
      const cheap = [{ path: '/health', status, tookMs: 1 }];
      const outcome = { reason: 'timeout', detail: 'timeout', tookMs: 5, status: null, cheap } as const;
      story.see({
        type: 'probe',
        incarnation: story.unit.incarnation,
        startedAtMs: story.nowMs - 5,
        outcome,
      });
    }
    return story.state.verdict.kind;
  };
  assert.equal(batch(100, 200), 'busy');
  assert.equal(batch(20, null), 'stalled');
  assert.equal(batch(1, 200), 'busy');
  assert.equal(batch(2, null), 'busy', 'fewer than the threshold say nothing');
  assert.equal(batch(1, 200), 'busy');
  assert.equal(batch(20, null), 'stalled');
  assert.equal(story.kills.length, 0);
  batch(12, null);
  assert.equal(story.kills.length, 1);
});

test('I1 work that began while the unit was out of sight for minutes is not lost in their average', () => {
  for (const unreadGpu of [false, true]) {
    const story = serving();
    const gpu = { atMs: story.nowMs, busyPercent: 0, usedBytes: null, freeBytes: null };
    const main = story.unit.processes[0] as UnitSnapshot['processes'][0];
    const seen = (cpuMs: number) => ({ processes: [{ ...main, cpuMs }], ...(unreadGpu ? { gpu } : {}) });
    const outcome = { reason: 'timeout' as const, detail: '', tookMs: 5, status: null, cheap: [] };
    story.after(1_000).look(seen(0)).after(300_000);
    const since = story.nowMs;
    for (let second = 0; second < 120; second++) {
      story.after(1_000).see({ type: 'unit-unknown', why: 'systemctl timed out' });
      story.see({ type: 'probe', incarnation: incarnationOf(1), startedAtMs: story.nowMs - 5, outcome });
    }
    // A fifth of a core since the silence began, and less than a tenth of one since the last look.
    for (let second = 0; second < 60; second++)
      story.look(seen((story.nowMs - since) * 0.2)).probe('timeout');
    assert.equal(story.kills.length, 0);
    assert.equal(story.state.verdict.kind, 'busy');
  }
});

test('I1 a counter that stands still settles nothing before it is asked again: its work may just be done (seed 143)', () => {
  const story = serving();
  const main = story.unit.processes[0] as UnitSnapshot['processes'][0];
  const still = { type: 'counter-still', incarnation: incarnationOf(1) } as const;
  for (let second = 1; second <= 30; second++) {
    story.look({ processes: [{ ...main, cpuMs: second * 900 }] });
    story.see(still).probe('timeout');
  }
  assert.equal(story.state.verdict.kind, 'busy');
  for (let second = 0; second < 10; second++) story.after(1_000).look().see(still);
  assert.equal(story.kills.length, 0, 'asked while it was at work, and never since');
  story.probe('timeout');
  assert.match(story.kills[0]?.reason ?? '', /^hung: .*its counter of finished work stands still/);
});

test('I1 nor before it was asked after a whole window of rest, which may hold the end of its work (seed 1201)', () => {
  const story = serving();
  const main = story.unit.processes[0] as UnitSnapshot['processes'][0];
  const still = { type: 'counter-still', incarnation: incarnationOf(1) } as const;
  let cpuMs = 0;
  const look = (workedMs: number) => {
    cpuMs += workedMs;
    return story.look({ processes: [{ ...main, cpuMs }] });
  };
  for (let second = 0; second < 10; second++) look(900).see(still).probe('timeout');
  // It works on for a moment after the last look that saw it at work, and is asked in that moment, in vain.
  story.after(40);
  const startedAtMs = story.nowMs;
  const outcome = { reason: 'timeout' as const, detail: 'timeout', tookMs: 600, status: null, cheap: [] };
  story.after(600).see({ type: 'probe', incarnation: incarnationOf(1), startedAtMs, outcome });
  for (let second = 0; second < 10; second++) {
    story.after(1_000);
    look(second === 0 ? 80 : 0).see(still);
  }
  assert.equal(story.kills.length, 0, 'nobody has asked since it is at rest');
  story.probe('timeout');
  assert.match(story.kills[0]?.reason ?? '', /^hung: .*its counter of finished work stands still/);
});

test('I1 nor while the unit can not be seen: it may be at work on what was asked since (seed 2624)', () => {
  const story = serving();
  const incarnation = incarnationOf(1);
  const still = { type: 'counter-still', incarnation } as const;
  const outcome = { reason: 'timeout' as const, detail: 'timeout', tookMs: 1_000, status: null, cheap: [] };
  for (let second = 0; second < 6; second++) {
    story.after(1_000).see({ type: 'unit-unknown', why: 'systemctl hangs' }).see(still);
    story.see({ type: 'probe', incarnation, startedAtMs: story.nowMs - 1_000, outcome });
  }
  assert.equal(story.kills.length, 0);
  story.look().see(still);
  assert.match(story.kills[0]?.reason ?? '', /^hung: .*its counter of finished work stands still/);
});

test('I1 an outcome that waited for a look counts for nothing when other work was done meanwhile (seed 1342)', () => {
  const story = serving();
  const incarnation = incarnationOf(1);
  const outcome = { reason: 'timeout' as const, detail: 'timeout', tookMs: 1_000, status: null, cheap: [] };
  for (let i = 0; i < 100; i++) {
    const startedAtMs = story.nowMs;
    // It came after a second; the look took two more, and the counter moved in between.
    story.after(2_000).see({ type: 'completion', incarnation, source: 'counter' });
    story.after(1_000).look().see({ type: 'probe', incarnation, startedAtMs, outcome });
  }
  assert.equal(story.state.life?.failures, 0);
  story.see({ type: 'probe', incarnation, startedAtMs: story.nowMs - 500, outcome });
  assert.equal(story.state.life?.failures, 1);
});

test('I1 after a time out of sight a client who waits settles nothing before it is asked again (seed 433)', () => {
  const story = serving();
  const incarnation = incarnationOf(1);
  const traffic = { kind: 'standing', text: 'a client waits' } as const;
  const standing = { type: 'traffic', incarnation, traffic } as const;
  const outcome = { reason: 'timeout' as const, detail: 'timeout', tookMs: 1_000, status: null, cheap: [] };
  for (let second = 0; second < 40; second++) {
    story.after(1_000).see({ type: 'unit-unknown', why: 'systemctl hangs' });
    if (second > 12)
      story.see(standing).see({ type: 'probe', incarnation, startedAtMs: story.nowMs - 1_000, outcome });
  }
  assert.equal(story.kills.length, 0, 'nobody sees it');
  story.look().see(standing);
  assert.equal(story.kills.length, 0, 'it may be at work, and may have been all the time');
  story.after(500).look().see(standing).probe('timeout');
  assert.match(story.kills[0]?.reason ?? '', /^hung: .*a client waits/);
});
