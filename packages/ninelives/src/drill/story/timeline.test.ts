import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventType, RecordEvent } from '../../core/decision.js';
import type { Incarnation } from '../../core/types.js';
import type { Deed } from '../report.js';
import { tallyCheap } from './cheap-tally.js';
import { timelineOf, timesOf } from './timeline.js';

const life = (pid: number): Incarnation => ({
  pid,
  startTicks: pid * 10,
  bootId: 'b',
  invocation: `i${pid}`,
});

function event(
  atMs: number,
  type: EventType,
  text: string,
  pid: number | null,
  data?: Record<string, unknown>,
) {
  const incarnation = pid === null ? null : life(pid);
  const row: RecordEvent = { atMs, wallMs: 1_000_000 + atMs, type, incidentId: null, incarnation, text };
  return data ? { ...row, data } : row;
}

function deed(atMs: number, type: Deed['type'], text: string): Deed {
  return { atMs, wallMs: 1_000_000 + atMs, type, processes: [], text };
}

const brief = (rows: ReturnType<typeof timelineOf>) =>
  rows.map(({ sinceMs, text }) => (sinceMs === null ? `at ${text}` : `[${sinceMs / 1000}s] ${text}`));

const targets = (pid: number) => ({ targets: [{ pid, startTicks: pid * 10 }], intentId: 'k1' });

const WEDGE = {
  deeds: [deed(1_000, 'injected', 'SIGSTOP to 4718')],
  events: [
    event(3_100, 'probe-failed', 'no answer within 2.0 s', 4711, {
      reason: 'timeout',
      cheap: [
        { path: '/health', status: 200, tookMs: 0.4 },
        { path: '/v1/models', status: null, tookMs: 1_000 },
      ],
    }),
    event(6_100, 'probe-failed', 'no answer within 2.0 s', 4711, { reason: 'timeout' }),
    event(9_100, 'incident-opened', 'hung: 3 probes in a row', 4711),
    event(9_100, 'kill', 'SIGKILL to pid 4711 and 1 more: hung: 3 probes', 4711, targets(4711)),
    event(9_130, 'kill-outcome', 'SIGKILL sent to 2 of 2; gone after 20 ms', 4711),
    event(9_200, 'ended', 'main process 4711 ended: SIGKILL', 4711),
    event(9_300, 'incarnation', 'main process 4802 seen', 4802),
    event(9_600, 'serving', 'first right answer after 0.3 s', 4802),
    event(10_600, 'incident-resolved', 'resolved: serving', 4802),
  ],
};

test('a wedge reads as the original account: anchors, and seconds since them', () => {
  const rows = timelineOf(WEDGE.deeds, WEDGE.events);
  assert.deepEqual(brief(rows), [
    'at SIGSTOP to 4718',
    '[2.1s] first probe without an answer: no answer within 2.0 s; meanwhile /health said 200 in 1 ms, /v1/models did not answer',
    '[8.1s] hung: 3 probes in a row',
    'at SIGKILL to pid 4711 and 1 more',
    '[0.03s] SIGKILL sent to 2 of 2; gone after 20 ms',
    '[0.2s] active newPID=4802',
    '[0.5s] model loaded, serving',
    '[1.5s] resolved: serving',
  ]);
  assert.deepEqual(timesOf(rows), {
    detectMs: 8_100,
    killMs: 8_100,
    restartMs: 200,
    serveMs: 500,
    outageMs: 8_600,
  });
});

test('the order in which events come does not matter', () => {
  const rows = timelineOf(WEDGE.deeds, WEDGE.events);
  const shuffled = [6, 2, 8, 0, 7, 1, 3, 5, 4].map((index) => WEDGE.events[index] as RecordEvent);
  const times = timesOf(timelineOf(WEDGE.deeds, shuffled));
  assert.deepEqual(times, timesOf(rows));
});

test('a crash counts from the death that the drill caused, and knows no kill by the guard', () => {
  const rows = timelineOf(
    [deed(500, 'killed', 'SIGKILL to 7')],
    [
      event(600, 'ended', 'main process 7 ended: SIGKILL', 7),
      event(600, 'incident-opened', 'dead: the main process ended', null),
      event(900, 'incarnation', 'main process 8 seen', 8),
      event(1_700, 'serving', 'first right answer', 8),
    ],
  );
  assert.deepEqual(timesOf(rows), {
    detectMs: 100,
    killMs: null,
    restartMs: 400,
    serveMs: 1_200,
    outageMs: 1_200,
  });
});

test('after a stop, restart and serve count from the start that put it back', () => {
  const rows = timelineOf(
    [deed(0, 'injected', 'SIGTERM to 7'), deed(3_000, 'restored', 'told to start')],
    [
      event(100, 'ended', 'main process 7 ended: exit status 0', 7),
      event(120, 'incident-opened', 'stopped', null),
      event(120, 'escalated', 'nobody restarts it', null, { reason: 'stopped' }),
      event(3_200, 'incarnation', 'main process 8 seen', 8),
      event(3_900, 'serving', 'first right answer', 8),
    ],
  );
  const { detectMs, restartMs, serveMs, outageMs } = timesOf(rows);
  assert.deepEqual([detectMs, restartMs, serveMs, outageMs], [100, 200, 900, 3_900]);
  assert.ok(brief(rows).includes('[0.12s] needs a person: nobody restarts it'));
});

test('in a crash loop the last service counts, from the last anchor', () => {
  const rows = timelineOf(
    [
      deed(0, 'killed', 'SIGKILL to 1'),
      deed(500, 'killed', 'SIGKILL to 2'),
      deed(2_000, 'restored', 'start'),
    ],
    [
      event(200, 'incarnation', 'seen', 2),
      event(450, 'serving', 'first right answer', 2),
      event(2_100, 'incarnation', 'seen', 3),
      event(2_600, 'serving', 'first right answer', 3),
    ],
  );
  assert.deepEqual([timesOf(rows).restartMs, timesOf(rows).serveMs], [100, 600]);
});

test('a kill of leftovers is a line, not a new beginning', () => {
  const rows = timelineOf(
    [deed(0, 'killed', 'SIGKILL to 7')],
    [
      event(2_000, 'kill', 'SIGKILL to 1 leftovers of pid 7', null, targets(9)),
      event(2_200, 'incarnation', 's', 8),
    ],
  );
  assert.deepEqual(brief(rows), [
    'at SIGKILL to 7',
    '[2s] SIGKILL to 1 leftovers of pid 7',
    '[2.2s] active newPID=8',
  ]);
  assert.equal(timesOf(rows).killMs, null);
});

test('nothing recorded: no times, and no throw', () => {
  const rows = timelineOf([], []);
  assert.deepEqual(rows, []);
  assert.deepEqual(Object.values(timesOf(rows)), [null, null, null, null, null]);
});

test('cheap endpoints are counted up to the kill, silence apart from statuses', () => {
  const answer = (path: string, status: number | null, tookMs: number, atMs: number) => ({
    path,
    status,
    tookMs,
    atMs,
  });
  const tallies = tallyCheap(
    [
      answer('/health', 200, 1.2, 10),
      answer('/v1/models', null, 1_000, 10),
      answer('/health', 503, 7.6, 20),
      answer('/health', 200, 2, 30),
      answer('/health', null, 5, 41), // after the kill
    ],
    40,
  );
  assert.deepEqual(tallies, [
    { path: '/health', asked: 3, statuses: { '200': 2, '503': 1 }, silent: 0, slowestMs: 8 },
    { path: '/v1/models', asked: 1, statuses: {}, silent: 1, slowestMs: null },
  ]);
});
