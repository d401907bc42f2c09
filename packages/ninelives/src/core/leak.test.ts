import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { POLICY, type Story, serving } from '../../test/fixtures/core-story.js';
import { projected } from './leak.js';
import type { GpuSample, UnitSnapshot } from './types.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

/** Serves for `minutes`, its memory being `mibAt` of the minutes since then; the machine has `roomMib` left at first. */
function grow(minutes: number, mibAt: (minute: number) => number, roomMib: number, gpu = false): Story {
  const story = serving();
  const main = story.unit.processes[0] as UnitSnapshot['processes'][0];
  for (let second = 0; second <= minutes * 60; second += 5) {
    const mib = mibAt(second / 60);
    const free = (roomMib - mib + mibAt(0)) * MIB;
    const onGpu: GpuSample = { atMs: story.nowMs, busyPercent: 0, usedBytes: mib * MIB, freeBytes: free };
    story.after(4_000).look(
      gpu
        ? { gpu: onGpu, memory: { freeBytes: 64 * GIB, of: 'the machine' } }
        : {
            processes: [{ ...main, rssBytes: mib * MIB }],
            memory: { freeBytes: free, of: 'the machine' },
          },
    );
    story.probe('ok');
  }
  return story;
}

test('a steady leak is told before the memory is used up, once, with the hour', () => {
  // 60 MiB a minute, and 3000 MiB are free: 50 minutes.
  const story = grow(20, (minute) => 1_000 + 60 * minute, 3_000);
  assert.deepEqual(story.pages, ['notice']);
  const story10 = grow(6, (minute) => 1_000 + 60 * minute, 3_000);
  const [page] = story10.noticed;
  assert.match(
    page?.body ?? '',
    /grows by 3\d\d\d MiB an hour: that of the machine is used up at \d{4}-.*Z, in 4\d min/,
  );
  assert.match(story.state.verdict.sentence, /^serving: .*; its memory grows by/);
  assert.equal(story.kills.length, 0);
});

test('a leak on the GPU is told too', () => {
  const story = grow(10, (minute) => 8_000 + 100 * minute, 4_000, true);
  assert.match(story.noticed[0]?.title ?? '', /GPU memory will be used up/);
});

test('what levels off, swings, or has room for longer than a day is no leak', () => {
  const table: [string, (minute: number) => number, number][] = [
    ['a cache that fills', (minute) => 1_000 + 800 * (1 - Math.exp(-minute / 3)), 4_000],
    ['swinging', (minute) => 1_000 + 300 * Math.sin(minute), 4_000],
    ['standing still', () => 1_000, 500],
    ['slow', (minute) => 1_000 + minute / 2, 64_000],
    ['shrinking', (minute) => 2_000 - 10 * minute, 4_000],
  ];
  for (const [name, mibAt, room] of table) assert.deepEqual(grow(40, mibAt, room).pages, [], name);
});

test('noise without a trend is never projected, whatever it looks like', () => {
  const noise = fc.array(fc.double({ min: -7, max: 7, noNaN: true }), { minLength: 12, maxLength: 32 });
  fc.assert(
    fc.property(noise, fc.nat(100_000), (swings, room) => {
      const points = swings.map((swing, nth) => [nth * 10, 1_000 + swing] as const);
      return projected(points, room, POLICY) === null;
    }),
  );
});

test('a straight line is projected to where it ends', () => {
  const slope = fc.double({ min: 0.5, max: 50, noNaN: true });
  fc.assert(
    fc.property(slope, fc.integer({ min: 12, max: 32 }), fc.nat(100_000), (mibPerS, count, room) => {
      const points = Array.from(
        { length: count },
        (_, nth) => [nth * 10, 1_000 + nth * 10 * mibPerS] as const,
      );
      const seenS = (count - 1) * 10;
      const leftS = room / mibPerS;
      const told = projected(points, room, POLICY);
      if (leftS > 10 * seenS + 1 || leftS > 86_401) return told === null;
      if (leftS > 10 * seenS - 1 || leftS > 86_399) return true;
      return told !== null && Math.abs(told.leftMs / 1_000 - leftS) < 1;
    }),
  );
});
