import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incarnationOf, POLICY, type Story, serving } from '../../test/fixtures/core-story.js';

/** Silent for so long; the GPU was last read as long ago as `ageMs` says, at that moment, and said `percent`. */
function silent(story: Story, forMs: number, percent: number, ageMs: (sinceMs: number) => number): void {
  for (let sinceMs = 0; sinceMs < forMs; sinceMs += 1_000) {
    const atMs = story.nowMs - ageMs(sinceMs);
    story.look({ gpu: { atMs, busyPercent: percent, usedBytes: null, freeBytes: null } }).probe('timeout');
  }
}

test('a reading of the GPU that is late says nothing: opaque, and its patience', () => {
  const story = serving(POLICY);
  silent(story, POLICY.opaquePatienceMs - 5_000, 0, () => 14_000);
  assert.equal(story.state.verdict.kind, 'opaque');
  assert.match(story.state.verdict.sentence, /its GPU was last read 1\d s ago, so busy looks like hung/);
  assert.equal(story.kills.length, 0);
  silent(story, 10_000, 0, () => 14_000);
  assert.equal(story.kills.length, 1);
});

test('work on the GPU outlives a late reading, and one that shows a pause', () => {
  const story = serving(POLICY);
  silent(story, POLICY.opaquePatienceMs, 97, () => 0);
  silent(story, 12_000, 97, (sinceMs) => sinceMs);
  assert.match(story.state.verdict.sentence, /^busy: .*GPU 97 %, read 1\d s ago/);
  silent(story, 30_000, 97, (sinceMs) => 12_000 + sinceMs);
  assert.equal(story.state.verdict.kind, 'opaque', 'too long ago to believe');
  silent(story, POLICY.idlePatienceMs - 2_000, 0, () => 0);
  assert.equal(story.state.verdict.kind, 'suspect', 'standing still counts from when it could be seen');
  assert.equal(story.kills.length, 0);
  silent(story, 5_000, 0, () => 0);
  assert.match(story.kills[0]?.reason ?? '', /^hung: .*no GPU activity/);
});

test('a GPU that is seen to be idle adds nothing to the patience, though its last calm reading was old', () => {
  const story = serving(POLICY);
  silent(story, POLICY.idlePatienceMs + 4_000, 0, (sinceMs) => (sinceMs < 4_000 ? 58_000 : 0));
  assert.equal(story.kills.length, 1);
});

test('I1 work on the GPU that a guard now dead had seen is not idleness to the next, which can not read it (seed 313)', () => {
  const story = serving(POLICY);
  const standing = { kind: 'standing', text: 'a client waits' } as const;
  const still = { type: 'traffic', incarnation: incarnationOf(1), traffic: standing } as const;
  silent(story, 60_000, 97, () => 0);
  for (let restart = 0; restart < 2; restart++) {
    story.after(10_000).see({ type: 'daemon-started', bootId: 'boot-1' });
    story.look({ gpu: null });
  }
  for (let second = 0; second < 30; second++) story.see(still).probe('timeout');
  assert.equal(story.kills.length, 0);
  assert.match(story.state.verdict.sentence, /^opaque: .*its GPU was at work and is out of sight/);
  const idle = { busyPercent: 0, usedBytes: null, freeBytes: null };
  story
    .look({ gpu: { ...idle, atMs: story.nowMs } })
    .see(still)
    .probe('timeout');
  assert.match(story.kills[0]?.reason ?? '', /^hung: .*a client waits/);
});
