import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Place, place } from 'ninelives/dist/test/watch/stage.js';
import { openFar, run } from './stage.js';

interface Told {
  data: { kind: string; incidentId: string | null; service: string };
}

const PASSES = 200;

describe('the off-site layer attends to its pages', () => {
  let far: Awaited<ReturnType<typeof openFar>>;
  /** `sick` takes nothing, so `taker` takes over; `boss` is asked when nobody answers; `hand` can answer. */
  let sick: Place;
  let taker: Place;
  let boss: Place;
  let hand: Place;
  /** What lies in the topic of replies. */
  let reply = '';
  let dir: string;

  const kinds = ({ requests }: Place) =>
    requests.map(({ body }) => (JSON.parse(body) as Told).data).map(({ kind }) => kind);

  /** Passes, as cron starts them, until that is seen. */
  async function passUntil(what: string, seen: () => boolean): Promise<void> {
    const env = {
      ...{ PATH: process.env.PATH, ...far.secrets },
      BEACON_SICK_URL: sick.url,
      BEACON_TAKER_URL: taker.url,
      BEACON_BOSS_URL: boss.url,
      BEACON_HAND_TOPIC: 'home',
      BEACON_HAND_REPLIES: 'answers',
    };
    for (let passes = 0; passes < PASSES; passes += 1) {
      const { code, stderr } = await run(process.execPath, ['beacon.mjs'], env, dir);
      assert.ok(code === 0 || code === 1, stderr);
      if (seen()) return;
    }
    assert.fail(`not within ${PASSES} passes: ${what}`);
  }

  before(async () => {
    const takes: Place['answer'] = (_, response) => response.end();
    [sick, taker, boss] = await Promise.all([place(takes), place(takes), place(takes)]);
    // A poll has no body; what is published is answered with the message.
    hand = await place((body, response) => response.end(body === '' ? reply : '{"id":"m"}'));
    far = await openFar({
      notify: [
        `{ name: sick, webhook: { url: "${sick.url}" }, fallback: [desk, taker] }`,
        `{ name: taker, webhook: { url: "${taker.url}" } }`,
        `{ name: boss, webhook: { url: "${boss.url}" }, after: 1s }`,
        `{ name: hand, ntfy: { server: "${hand.url}", topic: home, replies: answers } }`,
      ],
      paging: '{ fallback_after: 1s }',
    });
    dir = await far.export('script');
    await sick.off();
  });
  after(async () => {
    await far?.close();
    for (const each of [sick, taker, boss, hand]) await each?.off();
  });

  it('takes the fallback for a way that fails, and the second in line when nobody answers', async () => {
    await far.edge.off();
    await passUntil('the fallback has it', () => kinds(taker).includes('opened'));
    await passUntil('the second in line has it', () => kinds(boss).includes('escalated'));
    assert.deepEqual(kinds(taker), ['opened']);
    assert.deepEqual(kinds(boss), ['escalated']);
  });

  it('hears from the phone who is on it, and says so to whoever was told', async () => {
    const time = Math.floor(Date.now() / 1_000);
    reply = `${JSON.stringify({ id: 'r1', time, event: 'message', message: 'ack svc by jc' })}\n`;
    await passUntil('acknowledged', () => kinds(boss).includes('acknowledged'));
    await passUntil('the fallback too', () => kinds(taker).includes('acknowledged'));
    assert.equal(kinds(boss).length, 2);
  });

  it('tells each of them the end once, and the way that failed everything in order when it is back', async () => {
    await far.edge.on();
    const told = [taker, boss, far.phone];
    await passUntil('the end', () => told.every((each) => kinds(each).at(-1) === 'resolved'));
    await sick.on();
    await passUntil('all of it', () => kinds(sick).at(-1) === 'resolved');
    assert.deepEqual(kinds(sick), ['opened', 'acknowledged', 'resolved']);
    assert.deepEqual(kinds(far.phone), ['opened', 'acknowledged', 'resolved']);
    assert.deepEqual(kinds(boss), ['escalated', 'acknowledged', 'resolved']);
    assert.deepEqual(kinds(taker), ['opened', 'acknowledged', 'resolved']);
  });
});
