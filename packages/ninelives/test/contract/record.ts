import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GuardRecord } from '../../src/record/record.js';
import { decision, event, incident, intent, page } from '../record/rows.js';
import { desk, type On, type Opened, pages, tending } from './record-mail.js';

/** What every GuardRecord does. Run it against each implementation. */
export function recordContract(name: string, open: () => Opened): void {
  const on = (title: string, body: (opened: Opened) => void) =>
    it(title, () => {
      const opened = open();
      try {
        body(opened);
      } finally {
        opened.close();
      }
    });
  describe(`${name} keeps decisions`, () => decisions(on));
  describe(`${name} answers queries`, () => queries(on));
  describe(`${name} sums up`, () => watching(on));
  describe(`${name} counts clients`, () => traffic(on));
  describe(`${name} carries pages`, () => pages(on));
  describe(`${name} tends its outbox`, () => tending(on));
  describe(`${name} has an inbox and notes`, () => desk(on));
  describe(`${name} forgets`, () => retention(on));
}

const QUIET = { notifiers: [] };

function decisions(on: On): void {
  on('knows nothing at first', ({ record }) => {
    assert.equal(record.load('a'), null);
    assert.deepEqual(record.services(), []);
    assert.deepEqual([record.events(), record.incidents(), record.outboxPending()], [[], [], []]);
    assert.equal(record.note('a', 'golden'), undefined);
  });

  on(
    'gives back the newest state of each service, and no later change of the object',
    ({ record, other }) => {
      const first = decision('a', 1);
      record.commit('a', first, QUIET);
      record.commit('a', decision('a', 2), QUIET);
      record.commit('b', decision('b', 7), QUIET);
      first.state.nextId = 99;
      assert.equal(other.load('a')?.state.nextId, 2);
      assert.deepEqual(record.load('b'), { state: decision('b', 7).state, openIntents: [] });
      assert.deepEqual(other.services(), ['a', 'b']);
    },
  );

  on('keeps an intent open until its outcome, whatever the outcome', ({ record }) => {
    const committed = intent('a', 'k1', 'i1');
    record.commit('a', decision('a', 1, { incidents: [incident('a', 'i1')], intent: committed }), QUIET);
    assert.deepEqual(record.load('a')?.openIntents, [committed]);
    record.commit('a', decision('a', 2, { intent: intent('a', 'k2', 'i1') }), QUIET);
    assert.deepEqual(
      record.load('a')?.openIntents.map(({ id }) => id),
      ['k1', 'k2'],
    );
    const outcome = { id: 'k1', outcome: 'still-there' as const, remaining: [{ pid: 4242, startTicks: 99 }] };
    record.commit('a', decision('a', 3, { closedIntent: outcome }), QUIET);
    assert.deepEqual(
      record.load('a')?.openIntents.map(({ id }) => id),
      ['k2'],
    );
  });

  on('refuses a kill whose incident is not on record (I5), and keeps nothing of it', ({ record }) => {
    record.commit('a', decision('a', 1), QUIET);
    const id = record.post({ service: 'a', wallMs: 1, by: 'me', command: { type: 'pause' } });
    const orphan = decision('a', 2, {
      events: [event(1, 'x')],
      incidents: [incident('a', 'other')],
      intent: intent('a', 'k1', 'nowhere'),
      pages: [page('a', 'p')],
      sample: { wallMs: 1, reason: 'ok', tookMs: 1 },
    });
    assert.throws(() => record.commit('a', orphan, { notifiers: ['n'], consumed: [id] }));
    assert.equal(record.load('a')?.state.nextId, 1);
    assert.deepEqual(record.load('a')?.openIntents, []);
    assert.deepEqual([record.events(), record.incidents(), record.outboxPending()], [[], [], []]);
    assert.deepEqual(record.samples('a', 0), []);
    assert.equal(record.inbox('a').length, 1);
  });

  on('refuses a second intent of one id', ({ record }) => {
    const opening = { incidents: [incident('a', 'i1')], intent: intent('a', 'k1', 'i1') };
    record.commit('a', decision('a', 1, opening), QUIET);
    assert.throws(() => record.commit('a', decision('a', 2, { intent: intent('a', 'k1', 'i1') }), QUIET));
    assert.equal(record.load('a')?.state.nextId, 1);
  });
}

function queries(on: On): void {
  on('returns the newest events, oldest first, with ids that only rise', ({ record, other }) => {
    for (let n = 1; n <= 5; n += 1) {
      const service = n % 2 ? 'a' : 'b';
      const events = [event(n * 10, `e${n}`, n > 3 ? 'i1' : null)];
      record.commit(service, decision(service, n, { events }), QUIET);
    }
    const texts = (...query: Parameters<GuardRecord['events']>) =>
      other.events(...query).map((row) => row.text);
    assert.deepEqual(texts(), ['e1', 'e2', 'e3', 'e4', 'e5']);
    assert.deepEqual(texts({ limit: 2 }), ['e4', 'e5']);
    assert.deepEqual(texts({ service: 'b' }), ['e2', 'e4']);
    assert.deepEqual(texts({ sinceWallMs: 30 }), ['e3', 'e4', 'e5']);
    assert.deepEqual(texts({ incidentId: 'i1' }), ['e4', 'e5']);
    const ids = other.events().map((row) => row.id);
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => a - b),
    );
    assert.equal(new Set(ids).size, 5);
    assert.deepEqual(texts({ sinceId: ids[2] as number, service: 'a' }), ['e5']);
    assert.deepEqual(other.events({ limit: 1 })[0], {
      ...event(50, 'e5', 'i1'),
      id: ids[4],
      service: 'a',
    });
  });

  on('keeps an event’s data as it was', ({ record }) => {
    const events = [{ ...event(1, 'x'), data: { targets: [{ pid: 2 }], text: 'ü "quoted" \n 🐈' } }];
    record.commit('a', decision('a', 1, { events }), QUIET);
    assert.deepEqual(record.events()[0]?.data, events[0]?.data);
  });

  on('updates an incident in its place', ({ record, other }) => {
    record.commit('a', decision('a', 1, { incidents: [incident('a', 'i1')] }), QUIET);
    record.commit('b', decision('b', 1, { incidents: [incident('b', 'i1')] }), QUIET);
    const resolved = incident('a', 'i1', { status: 'resolved', resolvedWallMs: 50, resolvedAtMs: 50 });
    record.commit('a', decision('a', 2, { incidents: [resolved] }), QUIET);
    assert.deepEqual(other.incidents(), [resolved, incident('b', 'i1')]);
    assert.deepEqual(other.incidents({ service: 'b' }), [incident('b', 'i1')]);
    assert.deepEqual(other.incidents({ sinceWallMs: 51 }), [incident('b', 'i1')], 'an open one is of now');
    assert.deepEqual(other.incidents({ sinceWallMs: 50, limit: 1 }), [incident('b', 'i1')]);
  });

  on('keeps samples in order', ({ record }) => {
    const sample = (wallMs: number) => ({ wallMs, reason: 'timeout' as const, tookMs: 2000.5 });
    for (const wallMs of [10, 30, 20])
      record.commit('a', decision('a', 1, { sample: sample(wallMs) }), QUIET);
    assert.deepEqual(record.samples('a', 20), [sample(30), sample(20)]);
    assert.deepEqual(record.samples('b', 0), []);
  });

  on('keeps drills', ({ record, other }) => {
    const drill = {
      id: 'd1',
      service: 'a',
      fault: 'wedge',
      wallMs: 5,
      passed: false,
      report: { ttd: [1, null] },
    };
    record.saveDrill(drill);
    record.saveDrill({ ...drill, passed: true, report: 'again' });
    record.saveDrill({ ...drill, id: 'd2', service: 'b' });
    assert.deepEqual(other.drills('a'), [{ ...drill, passed: true, report: 'again' }]);
  });
}

function watching(on: On): void {
  on('sums up each minute of watching', ({ record, other }) => {
    const at = (wallMs: number, parts = {}) =>
      record.commit('a', decision('a', 1, parts), { ...QUIET, wallMs });
    const probed = (wallMs: number, reason: 'ok' | 'timeout' | 'busy', tookMs: number) =>
      at(wallMs, { sample: { wallMs, reason, tookMs } });
    probed(60_000, 'ok', 10);
    probed(62_000, 'ok', 30);
    probed(64_000, 'timeout', 2_000);
    probed(66_000, 'busy', 5);
    at(190_000); // looked, and had nobody to ask
    probed(61_000, 'ok', 20); // the wall clock was set back
    record.commit('a', decision('a', 1), QUIET); // carries no time at all
    const first = { minute: 1, firstWallMs: 60_000, lastWallMs: 66_000, passed: 3, failed: 1, unknown: 1 };
    const quiet = { minute: 3, firstWallMs: 190_000, lastWallMs: 190_000, passed: 0, failed: 0, unknown: 0 };
    assert.deepEqual(other.minutes('a', 0), [
      { ...first, tookSumMs: 60, tookMaxMs: 30 },
      { ...quiet, tookSumMs: 0, tookMaxMs: 0 },
    ]);
    assert.deepEqual(
      other.minutes('a', 70_000).map(({ minute }) => minute),
      [3],
    );
    assert.deepEqual(other.minutes('b', 0), []);
    record.retain(100_000);
    assert.deepEqual(
      other.minutes('a', 0).map(({ minute }) => minute),
      [3],
    );
  });
}

function traffic(on: On): void {
  on('sums up what clients asked by the minute, with the counters as they were read', ({ record, other }) => {
    const ends = { answered: 4, replayed: 1, refused: 0, clientGone: 2 };
    assert.equal(record.trafficSeen('a'), null);
    record.addTraffic('a', { minute: 1, ...ends, tookSumMs: 50, tookMaxMs: 30 }, { answered: 4 });
    record.addTraffic('a', { minute: 1, ...ends, tookSumMs: 20, tookMaxMs: 10 }, { answered: 8 });
    record.addTraffic('a', { minute: 3, ...ends, tookSumMs: 1, tookMaxMs: 1 }, { answered: 12 });
    record.addTraffic('b', { minute: 2, ...ends, tookSumMs: 1, tookMaxMs: 1 }, null);
    const twice = { answered: 8, replayed: 2, refused: 0, clientGone: 4, tookSumMs: 70, tookMaxMs: 30 };
    assert.deepEqual(other.traffic('a', 0), [
      { minute: 1, ...twice },
      { minute: 3, ...ends, tookSumMs: 1, tookMaxMs: 1 },
    ]);
    assert.deepEqual(other.trafficSeen('a'), { answered: 12 });
    record.retain(121_000);
    assert.deepEqual(
      other.traffic('a', 0).map(({ minute }) => minute),
      [3],
    );
    assert.equal(other.traffic('a', 180_000).length, 1);
    assert.equal(other.traffic('a', 240_000).length, 0);
  });
}

function retention(on: On): void {
  on('forgets what is old, and keeps what is open', ({ record }) => {
    const old = incident('a', 'old', { status: 'resolved', resolvedWallMs: 40, resolvedAtMs: 40 });
    const opening = decision('a', 1, {
      incidents: [incident('a', 'old')],
      intent: intent('a', 'k1', 'old'),
      events: [event(10, 'of the old one', 'old'), event(10, 'of none')],
      pages: [page('a', 'accepted', 10), page('a', 'given up', 10), page('a', 'pending', 10)],
      sample: { wallMs: 10, reason: 'ok', tookMs: 1 },
    });
    record.commit('a', opening, { notifiers: ['phone'] });
    const closedIntent = { id: 'k1', outcome: 'killed' as const, remaining: [] };
    record.commit('a', decision('a', 2, { incidents: [old], closedIntent }), QUIET);
    const now = decision('a', 3, {
      incidents: [incident('a', 'open')],
      events: [event(20, 'of the open one', 'open'), event(90, 'new')],
      sample: { wallMs: 90, reason: 'ok', tookMs: 1 },
    });
    record.commit('a', now, QUIET);
    const [accepted, givenUp] = record.outboxPending();
    record.outboxAccepted(accepted?.id as number, 30);
    record.outboxFailed(givenUp?.id as number, 'no', { gaveUpWallMs: 30 });
    for (const [id, wallMs] of [
      ['d1', 1],
      ['d2', 2],
      ['d3', 90],
    ] as const) {
      record.saveDrill({
        id,
        service: 'a',
        fault: id === 'd3' ? 'crash' : 'wedge',
        wallMs,
        passed: true,
        report: 1,
      });
    }
    record.post({ service: 'a', wallMs: 1, by: 'x', command: { type: 'pause' } });

    record.retain(80);

    assert.deepEqual(
      record.events().map(({ text }) => text),
      ['of the open one', 'new'],
    );
    assert.deepEqual(
      record.incidents().map(({ id }) => id),
      ['open'],
    );
    assert.equal(record.samples('a', 0).length, 1);
    assert.deepEqual(
      record.outboxPending().map((row) => row.page.id),
      ['pending'],
    );
    assert.deepEqual(
      record.drills('a').map(({ id }) => id),
      ['d2', 'd3'],
      'the last drill of a fault is its proof',
    );
    assert.equal(record.inbox('a').length, 1);
    assert.equal(record.load('a')?.state.nextId, 3);
  });

  on('keeps a resolved incident while its kill is unfinished', ({ record }) => {
    const resolved = incident('a', 'i1', { status: 'resolved', resolvedWallMs: 1, resolvedAtMs: 1 });
    record.commit('a', decision('a', 1, { incidents: [resolved], intent: intent('a', 'k1', 'i1') }), QUIET);
    record.retain(80);
    assert.equal(record.incidents().length, 1);
    assert.equal(record.load('a')?.openIntents.length, 1);
  });
}
