import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POLICY, Story, serving } from '../../test/fixtures/core-story.js';
import type { Life } from './life.js';
import { noteMovement } from './startup.js';
import type { ProcessSample } from './types.js';

const MIB = 1024 * 1024;
const loader: ProcessSample = {
  pid: 20,
  startTicks: 200,
  name: 'loader',
  state: 'R',
  cpuMs: 90_000,
  rssBytes: 4_000 * MIB,
  ioBytes: 8_000 * MIB,
  main: false,
};
const main: ProcessSample = { ...loader, pid: 10, startTicks: 100, name: 'server', ioBytes: 0, main: true };

/** Looks, one a second, at a tree; tells after which of them it had moved. */
function movesAt(...looks: ProcessSample[][]): number[] {
  const life = { ...(serving().state.life as Life), workMark: 0, memoryMark: 0, movedAtMs: 0 };
  return looks.flatMap((now, at) => {
    noteMovement(life, looks[at - 1] ?? [], now, at + 1);
    return life.movedAtMs === at + 1 ? [at] : [];
  });
}

test('what is left of a tree is seen to move, however much had been done by a process that is gone', () => {
  assert.deepEqual(movesAt([main, loader], [main], [{ ...main, cpuMs: main.cpuMs + 100 }]), [0, 2]);
});

test('work counts while memory shrinks', () => {
  const freed = { ...main, rssBytes: 500 * MIB };
  assert.deepEqual(movesAt([main], [freed], [{ ...freed, cpuMs: main.cpuMs + 100 }]), [0, 2]);
});

test('memory that comes and goes is no movement; less than a unit is none either', () => {
  const less = { ...main, rssBytes: main.rssBytes - 50 * MIB };
  assert.deepEqual(movesAt([main], [less], [main], [less], [{ ...main, cpuMs: main.cpuMs + 99 }]), [0]);
});

test('I2 a start that works on its GPU moves, though nothing else does', () => {
  const story = new Story().look();
  const wait = (ms: number, busyPercent: number) => {
    for (const endMs = story.nowMs + ms; story.nowMs < endMs; ) {
      const gpu = { atMs: story.nowMs, busyPercent, usedBytes: null, freeBytes: null };
      story.look({ gpu }).probe('timeout');
    }
  };
  wait(POLICY.startupGraceMs + 10 * POLICY.startupStallMs, 97);
  assert.equal(story.kills.length, 0);
  assert.match(story.state.verdict.sentence, /^loading/);
  wait(POLICY.startupStallMs + 2_000, 0);
  assert.match(story.kills[0]?.reason ?? '', /^stuck-loading/);
});
