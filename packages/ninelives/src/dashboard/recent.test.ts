import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serving } from '../../test/fixtures/core-story.js';
import { historyView } from './history.js';
import { createRecent, RECENT_MS } from './recent.js';

const point = (wallMs: number) => ({ wallMs, passed: 1, failed: 0, unknown: 0, tookSumMs: 5, tookMaxMs: 5 });

test('the live chart keeps ten minutes and a bounded number of points, however long and however often', () => {
  const recent = createRecent();
  for (let wallMs = 0; wallMs < 24 * 3_600_000; wallMs += 2_000) recent.probed('slow', point(wallMs));
  const { probes } = recent.of('slow');
  assert.ok(probes.length >= 300 && probes.length <= 600, `${probes.length} points`);
  for (let wallMs = 0; wallMs < 600_000; wallMs += 10) recent.probed('fast', point(wallMs));
  assert.ok(recent.of('fast').probes.length <= 6_000);
  const view = historyView(recent.of('slow'), {
    nowWallMs: 24 * 3_600_000,
    rangeMs: RECENT_MS,
    buckets: 120,
    pointMs: 0,
  });
  const sum = view.passed.reduce((total, one) => total + one, 0);
  assert.equal(sum, 299, 'the last ten minutes, no more');
  assert.deepEqual(recent.of('other'), { probes: [], clients: [] });
});

test('what the guard itself keeps does not grow, through a week with a hang every hour', () => {
  const story = serving();
  const sizes: number[] = [];
  for (let hour = 1; hour <= 7 * 24; hour += 1) {
    story.hang();
    if (story.state.intent) story.revive(hour + 1);
    story.probe(...Array<'ok'>(20).fill('ok')).after(3_500_000);
    story.kills = [];
    sizes.push(JSON.stringify(story.state).length);
  }
  const most = (some: number[]) => Math.max(...some);
  assert.ok(most(sizes) < 32_000, `${most(sizes)} bytes`);
  assert.ok(
    most(sizes.slice(-24)) <= 1.2 * most(sizes.slice(24, 48)),
    `${sizes.slice(0, 48)} … ${sizes.slice(-24)}`,
  );
});
