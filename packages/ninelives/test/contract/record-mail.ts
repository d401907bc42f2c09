import assert from 'node:assert/strict';
import { type GuardRecord, OUTBOX_WAIT_MAX_MS } from '../../src/record/record.js';
import { decision, page } from '../record/rows.js';

/** An empty record, and the same one as another process has it open. */
export interface Opened {
  record: GuardRecord;
  other: GuardRecord;
  close(): void;
}

export type On = (title: string, body: (opened: Opened) => void) => void;

/** The outbox: on its way out. */
export function pages(on: On): void {
  const put = (record: GuardRecord, id: string, notifiers: string[], wallMs = 0) =>
    record.commit('a', decision('a', 1, { pages: [page('a', id, wallMs)] }), { notifiers });
  const due = (record: GuardRecord, wallMs: number) =>
    record.outboxDue(wallMs, 100).map((row) => `${row.notifier}:${row.page.id}`);

  on('puts a page once for each notifier, even when it is committed again', ({ record, other }) => {
    put(record, 'p1', ['phone', 'log']);
    put(record, 'p1', ['phone', 'log']);
    const [row, ...rest] = other.outboxPending();
    assert.equal(rest.length, 1);
    assert.deepEqual(row, {
      id: row?.id,
      page: page('a', 'p1'),
      notifier: 'phone',
      attempts: 0,
      nextWallMs: 0,
      acceptedWallMs: null,
      gaveUpWallMs: null,
      lastError: null,
      queuedWallMs: 0,
      withheld: null,
    });
  });

  on('hands out the oldest page of each notifier, when it is due', ({ record }) => {
    put(record, 'p1', ['phone', 'log'], 100);
    put(record, 'p2', ['phone', 'log'], 100);
    assert.deepEqual(due(record, 99), []);
    assert.deepEqual(due(record, 100), ['phone:p1', 'log:p1']);
    assert.equal(record.outboxDue(100, 1).length, 1);
    const [phone, log] = record.outboxPending();
    assert.ok(phone && log);
    record.outboxTried(phone.id);
    assert.deepEqual([record.outboxPending()[0]?.attempts, due(record, 200)[0]], [1, 'phone:p1'], 'begun');
    record.outboxFailed(phone.id, 'HTTP 500', { wallMs: 500 });
    record.outboxAccepted(log.id, 120);
    assert.deepEqual(due(record, 200), ['log:p2'], 'p2 waits for p1 on the phone, not on the log');
    assert.deepEqual(due(record, 500), ['phone:p1', 'log:p2']);
    const [again] = record.outboxDue(500, 100);
    assert.deepEqual([again?.attempts, again?.lastError, again?.nextWallMs], [1, 'HTTP 500', 500]);
    record.outboxFailed(phone.id, 'HTTP 400', { gaveUpWallMs: 501 });
    assert.deepEqual(due(record, 600), ['phone:p2', 'log:p2']);
  });

  on('leaves a finished row alone', ({ record }) => {
    put(record, 'p1', ['phone']);
    const id = record.outboxPending()[0]?.id as number;
    record.outboxAccepted(id, 10);
    record.outboxFailed(id, 'late', { wallMs: 20 });
    assert.deepEqual(record.outboxPending(), []);
    assert.deepEqual(due(record, 1e9), []);
  });

  on('does not believe a time that was written before the clock was set back', ({ record }) => {
    put(record, 'p1', ['phone'], 10 * OUTBOX_WAIT_MAX_MS);
    assert.deepEqual(due(record, 9 * OUTBOX_WAIT_MAX_MS), []);
    assert.deepEqual(due(record, 9 * OUTBOX_WAIT_MAX_MS - 1), ['phone:p1']);
  });
}

/** What the outbox changes about itself. */
export function tending(on: On): void {
  on('passes over what is held, and tends itself in one transaction', ({ record, other }) => {
    const pages = [page('a', 'p1', 100), page('a', 'p2', 200)];
    record.commit('a', decision('a', 1, { pages }), { notifiers: ['phone'] });
    const [first, second] = record.outboxPending();
    assert.ok(first && second);
    assert.deepEqual(
      record.outboxDue(300, 100, [first.id]).map(({ page }) => page.id),
      ['p2'],
    );
    assert.deepEqual(record.outboxDue(300, 100, [first.id, second.id]), []);
    const add = [
      { page: page('a', 'p1', 100), notifier: 'phone' },
      { page: page('a', 'p1', 100), notifier: 'boss' },
    ];
    record.outboxTend({ add, withhold: [{ id: first.id, why: 'maintenance' }] }, 400);
    assert.deepEqual(
      other
        .outboxSince(0, 100)
        .map((row) => [row.notifier, row.page.id, row.queuedWallMs, row.gaveUpWallMs, row.withheld]),
      [
        ['phone', 'p1', 100, 400, 'maintenance'],
        ['phone', 'p2', 200, null, null],
        ['boss', 'p1', 400, null, null],
      ],
    );
    record.outboxTried(second.id);
    const tooLate = { id: second.id, why: 'tried already: somebody may have read it' };
    record.outboxTend({ add: [], withhold: [{ id: first.id, why: 'again' }, tooLate] }, 500);
    assert.equal(other.outboxPending()[0]?.id, second.id);
    assert.deepEqual(
      other.outboxSince(300, 1).map(({ notifier }) => notifier),
      ['boss'],
      'the newest',
    );
    assert.deepEqual(
      other.outboxSince(1_000, 100).map(({ notifier }) => notifier),
      ['phone', 'boss'],
      'unfinished ones too',
    );
  });
}

/** The inbox, the version, and notes. */
export function desk(on: On): void {
  on('keeps a command until it is consumed with a commit of that service', ({ record, other }) => {
    const drill = { type: 'drill-begun', drillId: 'd1', fault: 'wedge', permitKill: true, forMs: 5 } as const;
    const first = other.post({ service: 'a', wallMs: 3, by: 'cli', command: { type: 'pause' } });
    const second = other.post({ service: 'a', wallMs: 4, by: 'cli', command: drill });
    assert.ok(second > first);
    assert.deepEqual(record.inbox('a'), [
      { id: first, service: 'a', wallMs: 3, by: 'cli', command: { type: 'pause' } },
      { id: second, service: 'a', wallMs: 4, by: 'cli', command: drill },
    ]);
    record.commit('b', decision('b', 1), { notifiers: [], consumed: [first] });
    assert.equal(record.inbox('a').length, 2, 'not the inbox of another service');
    record.commit('a', decision('a', 1), { notifiers: [], consumed: [first] });
    assert.deepEqual(
      other.inbox('a').map(({ id }) => id),
      [second],
    );
    record.commit('a', decision('a', 1), { notifiers: [], consumed: [second] });
    const third = other.post({ service: 'a', wallMs: 5, by: 'cli', command: { type: 'resume' } });
    assert.ok(third > second, 'an id is never used again');
  });

  on('changes its version when somebody wrote, here or elsewhere, and only then', ({ record, other }) => {
    const before = record.version();
    assert.equal(record.version(), before);
    other.post({ service: 'a', wallMs: 1, by: 'x', command: { type: 'pause' } });
    const after = record.version();
    assert.notEqual(after, before);
    assert.equal(record.version(), after);
    record.post({ service: 'a', wallMs: 1, by: 'x', command: { type: 'pause' } });
    assert.notEqual(record.version(), after);
  });

  on('keeps notes of any JSON', ({ record, other }) => {
    record.setNote('a', 'golden', [0.1, -2e-9, null]);
    record.setNote('a', 'golden', { vector: [0.25] });
    record.setNote('a', 'none', null);
    record.setNote('b', 'golden', 'b');
    assert.deepEqual(other.note('a', 'golden'), { vector: [0.25] });
    assert.equal(other.note('a', 'none'), null);
    assert.equal(other.note('b', 'golden'), 'b');
    assert.equal(other.note('c', 'golden'), undefined);
  });
}
