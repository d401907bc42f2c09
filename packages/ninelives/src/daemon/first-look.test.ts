import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serving } from '../../test/fixtures/core-story.js';
import { createFirstLook } from './first-look.js';

test('an earlier guard’s kill waits for a look that succeeds, not for one that had no answer, and not for ever', async () => {
  const { unit } = serving().state;
  assert.ok(unit);
  let answer: typeof unit | { unknown: string } = { unknown: 'systemctl show: no answer within 2000 ms' };
  const looks = createFirstLook(async () => answer);
  const { signal } = new AbortController();
  let waited = false;
  const waiting = looks.succeeded(signal).then(() => {
    waited = true;
  });
  await looks.inspect();
  await new Promise((done) => setImmediate(done));
  assert.equal(waited, false);
  answer = unit;
  assert.equal(await looks.inspect(), unit);
  await waiting;
  await createFirstLook(async () => answer, 100).succeeded(signal);
  await createFirstLook(async () => answer).succeeded(AbortSignal.abort());
});
