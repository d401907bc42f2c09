import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Decision, Page } from '../core/decision.js';
import { memoryRecord } from '../record/memory.js';
import { OUTBOX_WAIT_MAX_MS, RecordUnavailableError } from '../record/record.js';
import { backoffMs } from './lane.js';
import type { Delivery, Notifier } from './notifier.js';
import { createOutbox, type OutboxOptions } from './outbox.js';

const HOUR = 3_600_000;
const RETRY: Delivery = { outcome: 'retry', error: 'HTTP 503' };

/** A record, a clock that is set by hand, and notifiers that answer as they are told. */
function world(names: string[], settings: Partial<OutboxOptions> = {}) {
  const record = memoryRecord();
  let now = 1_000_000;
  let timers: { at: number; run: () => void }[] = [];
  const log: string[] = [];
  const answers: { [name: string]: (page: Page, signal: AbortSignal) => Delivery | Promise<Delivery> } = {};
  const notifiers = names.map(
    (name): Notifier => ({
      name,
      async deliver(page, signal) {
        const delivery = await (answers[name]?.(page, signal) ?? { outcome: 'accepted' as const });
        log.push(`${name} ${page.id} ${delivery.outcome}`);
        return delivery;
      },
    }),
  );
  const outbox = createOutbox({
    record,
    notifiers,
    random: () => 0.5,
    clock: {
      wallMs: () => now,
      after(delayMs, run) {
        const timer = { at: now + delayMs, run };
        timers.push(timer);
        return () => {
          timers = timers.filter((known) => known !== timer);
        };
      },
    },
    onGaveUp: (row, error) => log.push(`gave up ${row.notifier} ${row.page.id}: ${error}`),
    onAccepted: (row) => log.push(`accepted ${row.notifier} ${row.page.id}`),
    ...settings,
  });
  return {
    record,
    outbox,
    log,
    answers,
    timers: () => timers.length,
    put(id: string, to = names) {
      const page = { id, service: 'a', incidentId: null, kind: 'notice', drill: false, title: id, body: id };
      const pages = [{ ...page, wallMs: now } as Page];
      const empty = { events: [], incidents: [], intent: null, closedIntent: null, sample: null };
      record.commit('a', { state: {}, ...empty, pages } as unknown as Decision, { notifiers: to });
    },
    /** Lets that much time pass, timer by timer. */
    async pass(ms: number) {
      const end = now + ms;
      for (;;) {
        await settle();
        const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) break;
        timers = timers.filter((timer) => timer !== next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
    setBack(ms: number) {
      now -= ms;
    },
  };
}

/** Everything that waits for nothing but other code has run. */
const settle = () => new Promise((done) => setImmediate(done));

describe('the outbox', () => {
  it('delivers pages in their order, once', async () => {
    const { outbox, put, log, record, timers } = world(['phone']);
    for (const id of ['p1', 'p2', 'p3']) put(id);
    await Promise.all([outbox.drain(), outbox.drain()]);
    await outbox.drain();
    const told = ['p1', 'p2', 'p3'].flatMap((id) => [`phone ${id} accepted`, `accepted phone ${id}`]);
    assert.deepEqual(log, told);
    assert.deepEqual([record.outboxPending(), timers()], [[], 0]);
  });

  it('tries again by itself, ever more slowly, and keeps the order', async () => {
    const { outbox, put, log, answers, pass } = world(['phone']);
    let left = 4;
    answers.phone = () => (left-- > 0 ? RETRY : { outcome: 'accepted' });
    put('p1');
    put('p2');
    await outbox.drain();
    const counts: number[] = [];
    for (let second = 0; second < 13; second += 1) {
      await pass(1_000);
      counts.push(log.filter((line) => line.endsWith('retry')).length);
    }
    // Waits of 0.75, 1.5, 3 and 6 s: attempts at 0, 0.75, 2.25, 5.25 and 11.25 s.
    assert.deepEqual(counts, [2, 2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]);
    assert.deepEqual(log.slice(4), [
      'phone p1 accepted',
      'accepted phone p1',
      'phone p2 accepted',
      'accepted phone p2',
    ]);
  });

  it('respects Retry-After, within its limit', async () => {
    const { outbox, put, answers, record, pass } = world(['phone']);
    answers.phone = () => ({ ...RETRY, afterMs: 90_000 });
    put('p1');
    await outbox.drain();
    assert.equal(record.outboxPending()[0]?.nextWallMs, 1_000_000 + 90_000);
    answers.phone = () => ({ ...RETRY, afterMs: 1e12 });
    await pass(90_000);
    assert.equal(record.outboxPending()[0]?.nextWallMs, 1_090_000 + OUTBOX_WAIT_MAX_MS);
  });

  it('gives up at once what is refused, and goes on with the next', async () => {
    const { outbox, put, log, answers, record } = world(['phone']);
    answers.phone = (page) =>
      page.id === 'p1' ? { outcome: 'refused', error: 'HTTP 400' } : { outcome: 'accepted' };
    put('p1');
    put('p2');
    await outbox.drain();
    assert.ok(log.includes('gave up phone p1: HTTP 400'));
    assert.ok(log.includes('accepted phone p2'));
    assert.deepEqual(record.outboxPending(), []);
  });

  it('gives up after a day of failures, loudly, but not after a jump of the clock', async () => {
    const { outbox, put, log, answers, pass, record } = world(['phone']);
    answers.phone = () => RETRY;
    put('p1');
    await pass(30 * HOUR); // nobody drained: as if the clock had jumped
    await outbox.drain();
    assert.equal(record.outboxPending().length, 1);
    await pass(60_000);
    assert.deepEqual(log.at(-1), 'gave up phone p1: HTTP 503');
    put('p2');
    await outbox.drain();
    await pass(23.9 * HOUR);
    assert.equal(record.outboxPending().length, 1);
    await pass(0.2 * HOUR);
    assert.deepEqual(log.at(-1), 'gave up phone p2: HTTP 503');
    assert.deepEqual(record.outboxPending(), []);
  });

  it('is not held up on one way by the slowness of another, nor starts a row twice', async () => {
    const { outbox, put, log, answers } = world(['slow', 'quick']);
    let release: (delivery: Delivery) => void = () => {};
    let started = 0;
    answers.slow = () => {
      started += 1;
      return new Promise((settled) => {
        release = settled;
      });
    };
    put('p1');
    put('p2');
    const drained = outbox.drain();
    await settle();
    assert.deepEqual(
      log.filter((line) => line.startsWith('accepted')),
      ['accepted quick p1', 'accepted quick p2'],
    );
    put('p3');
    void outbox.drain();
    await settle();
    assert.equal(log.at(-1), 'accepted quick p3');
    assert.equal(started, 1);
    answers.slow = () => ({ outcome: 'accepted' });
    release({ outcome: 'accepted' });
    await drained;
    assert.equal(log.at(-1), 'accepted slow p3', 'what came meanwhile goes too');
  });

  it('calls off an attempt that takes too long', async () => {
    const { outbox, put, answers, pass, record } = world(['phone'], { attemptTimeoutMs: 5_000 });
    answers.phone = (_, signal) =>
      new Promise((settled) => signal.addEventListener('abort', () => settled(RETRY)));
    put('p1');
    void outbox.drain();
    await pass(4_999);
    assert.equal(record.outboxPending()[0]?.lastError, null);
    await pass(1);
    await settle();
    assert.equal(record.outboxPending()[0]?.lastError, 'HTTP 503');
  });

  it('survives a notifier that throws, without repeating what it said', async () => {
    const { outbox, put, answers, record } = world(['phone']);
    answers.phone = () => {
      throw new TypeError('token s3cret is bad');
    };
    put('p1');
    await outbox.drain();
    assert.equal(record.outboxPending()[0]?.lastError, 'phone: threw TypeError');
  });

  it('stops in the middle of an attempt, and the record knows that there was one', async () => {
    const { outbox, put, answers, record, log, timers } = world(['phone']);
    answers.phone = (_, signal) =>
      new Promise((settled) => signal.addEventListener('abort', () => settled(RETRY)));
    put('p1');
    void outbox.drain();
    await settle();
    await outbox.stop();
    const [row] = record.outboxPending();
    assert.deepEqual([row?.attempts, row?.nextWallMs, timers()], [1, 1_000_000, 0]);
    await outbox.drain();
    assert.deepEqual(log, ['phone p1 retry']);
  });
});

describe('the outbox on a record that can not be written', () => {
  it('sends nothing twice, and writes what came of it when it can', async () => {
    let full = true;
    const base = memoryRecord();
    const record = {
      ...base,
      outboxAccepted(id: number, wallMs: number) {
        if (full) throw new RecordUnavailableError('full', { reason: 'full' });
        base.outboxAccepted(id, wallMs);
      },
    };
    const { outbox, log, pass, ...rest } = world(['phone'], { record });
    const page = { id: 'p1', service: 'a', wallMs: 0 } as Page;
    const empty = { events: [], incidents: [], intent: null, closedIntent: null, sample: null };
    base.commit('a', { state: {}, ...empty, pages: [page] } as unknown as Decision, { notifiers: ['phone'] });
    await outbox.drain();
    await outbox.drain();
    await pass(60_000);
    assert.deepEqual(log, ['phone p1 accepted']);
    full = false;
    await pass(10_000);
    assert.deepEqual(log, ['phone p1 accepted', 'accepted phone p1']);
    assert.deepEqual([base.outboxPending(), rest.timers()], [[], 0]);
  });

  it('looks again later when it can not even be read', async () => {
    const outboxDue = () => {
      throw new RecordUnavailableError('the disk', { reason: 'io' });
    };
    const { outbox, log } = world(['phone'], { record: { ...memoryRecord(), outboxDue } });
    await outbox.drain();
    assert.deepEqual(log, []);
  });
});

describe('a page for a notifier that is not configured any more', () => {
  it('waits a day for its return', async () => {
    const { outbox, put, log, record, pass } = world(['phone']);
    put('p1', ['pager']);
    await pass(23 * HOUR);
    await outbox.drain();
    assert.equal(record.outboxPending().length, 1);
    await pass(2 * HOUR);
    await outbox.drain();
    assert.deepEqual(log, ['gave up pager p1: pager: no notifier of this name is configured']);
  });
});

describe('the backoff', () => {
  it('doubles up to five minutes, half of it by chance', () => {
    assert.deepEqual(
      [0, 1, 2, 8, 9, 1e6].map((attempts) => [backoffMs(attempts, 0), backoffMs(attempts, 1)]),
      [
        [500, 1_000],
        [1_000, 2_000],
        [2_000, 4_000],
        [128_000, 256_000],
        [150_000, 300_000],
        [150_000, 300_000],
      ],
    );
  });

  it('is not believed when the clock was set back meanwhile', async () => {
    const { outbox, put, answers, log, setBack } = world(['phone']);
    answers.phone = () => RETRY;
    put('p1');
    await outbox.drain();
    setBack(5 * HOUR);
    answers.phone = () => ({ outcome: 'accepted' });
    await outbox.drain();
    assert.equal(log.at(-1), 'accepted phone p1');
  });
});
