import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Stat } from '../../procfs/parse.js';
import { isInUnit } from '../cgroup.js';
import { divide, type Member } from './members.js';
import { judgePort } from './port.js';
import { noteStarts } from './starts.js';

function member(
  pid: number,
  change: { startTicks?: number; ppid?: number; invocation?: string; state?: string } = {},
): Member {
  const { startTicks = 1_000 + pid, ppid = 1, invocation = null, state = 'S' } = change;
  const none = { threads: 1, pgrp: 0, session: 0, utimeTicks: 0, stimeTicks: 0, rssPages: 0 };
  return { stat: { pid, comm: 'x', state, ppid, startTicks, ...none } as Stat, invocation };
}

const pids = (stats: Stat[]) => stats.map((stat) => stat.pid);
const UNIT = {
  main: { pid: 20, startTicks: 1_020 },
  down: false,
  invocation: 'now',
  controlPid: 0,
  startedTicks: 1_015,
};

test('an orphan of an earlier incarnation is told by its invocation, or else by its age', () => {
  const members = [
    member(10, { invocation: 'before' }),
    member(11), // older than this incarnation, and it does not say
    member(30, { invocation: 'before' }), // forked by an orphan only now
    member(21, { invocation: 'now' }),
    member(22),
    member(20, { invocation: 'now' }),
    member(12, { invocation: 'before', state: 'Z' }),
  ];
  const { processes, leftovers } = divide(members, UNIT);
  assert.deepEqual(pids(processes), [20, 21, 22]);
  assert.deepEqual(pids(leftovers), [10, 11, 30]);
});

test('without a main process all are leftovers, save what systemd itself is running', () => {
  const members = [
    member(21, { invocation: 'now' }),
    member(40, { invocation: 'now' }),
    member(41, { ppid: 40 }),
  ];
  const down = { ...UNIT, main: null, down: true, controlPid: 40 };
  assert.deepEqual(pids(divide(members, down).leftovers), [21]);
  const starting = { ...UNIT, main: null, controlPid: 40 };
  assert.deepEqual(pids(divide([member(40, { invocation: 'now' })], starting).leftovers), []);
});

test('starts: seen ones at their time, unseen ones as late as they can have been', () => {
  const at = (mainStartedAtMs: number | null, restarts: number, running = true) => ({
    restarts,
    mainStartedAtMs,
    running,
  });
  const first = noteStarts(null, at(5_000, 0), 6_000, 10_000);
  assert.deepEqual(first, { restarts: 0, startsAtMs: [5_000], unstamped: 0 });
  assert.deepEqual(noteStarts(first, at(5_000, 0), 7_000, 10_000), first);
  const third = noteStarts(first, at(9_000, 2), 9_500, 10_000);
  assert.deepEqual(third.startsAtMs, [5_000, 9_000, 9_000]);
  const refused = noteStarts(third, at(9_000, 3, false), 9_900, 10_000);
  assert.deepEqual(refused.startsAtMs, [5_000, 9_000, 9_000, 9_900]);
  const manual = noteStarts(refused, at(12_000, 0), 12_100, 10_000);
  assert.deepEqual(manual.startsAtMs, [5_000, 9_000, 9_000, 9_900, 12_000]);
  assert.deepEqual(noteStarts(manual, at(12_000, 0), 60_000, 10_000).startsAtMs, []);
  assert.deepEqual(noteStarts(null, at(5_000, 2), 6_000, 10_000).startsAtMs, [5_000, 5_000, 5_000]);
});

test('starts: one that is counted before its process is there is not counted again', () => {
  const up = { restarts: 0, mainStartedAtMs: 5_000, running: true };
  const waiting = { restarts: 1, mainStartedAtMs: 5_000, running: false };
  const again = { restarts: 1, mainStartedAtMs: 7_000, running: true };
  const looks = [up, waiting, waiting, again, again];
  const seen = looks.reduce<ReturnType<typeof noteStarts> | null>(
    (before, look, index) => noteStarts(before, look, 6_000 + index * 500, 10_000),
    null,
  );
  assert.deepEqual(seen?.startsAtMs, [5_000, 7_000]);
});

test('starts: never fewer than systemd counted since the last look', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 10 }), (bursts) => {
      let seen = noteStarts(null, { restarts: 0, mainStartedAtMs: 1, running: true }, 2, 1e9);
      let restarts = 0;
      let nowMs = 2;
      for (const burst of bursts) {
        restarts += burst;
        nowMs += 10;
        seen = noteStarts(seen, { restarts, mainStartedAtMs: nowMs - 1, running: true }, nowMs, 1e9);
      }
      assert.equal(seen.startsAtMs.length, restarts + 1);
    }),
  );
});

test('a cgroup belongs to a unit by whole segments', () => {
  const group = '/system.slice/a.service';
  assert.ok(isInUnit(group, group, 'a.service'));
  assert.ok(isInUnit(`${group}/worker`, group, 'a.service'));
  assert.ok(isInUnit('/system.slice/_a.service', '/system.slice/_a.service', 'a.service'));
  for (const path of [null, '/', '/system.slice', '/system.slice/a.service.d', '/system.slice/xa.service']) {
    assert.ok(!isInUnit(path, group, 'a.service'), String(path));
  }
  assert.ok(!isInUnit('/x', '', 'a.service'));
  assert.ok(!isInUnit('/x', '/', 'a.service'));
});

test('who owns the port', () => {
  const holder = (pid: number, startTicks: number) => [{ process: { pid, startTicks, name: 'py' }, uid: 5 }];
  const unit = { processes: [{ pid: 1, startTicks: 1 }], leftovers: [{ pid: 2, startTicks: 2 }], mainUid: 5 };
  assert.equal(judgePort(80, holder(1, 1), unit).who, 'unit');
  assert.match(judgePort(80, holder(2, 2), unit).text, /left over/);
  assert.equal(judgePort(80, holder(1, 9), unit).who, 'foreign');
  assert.equal(judgePort(80, [], unit).who, 'none');
  assert.equal(judgePort(80, null, unit).who, 'unknown');
  assert.equal(judgePort(null, [], unit).who, 'unknown');
  assert.equal(judgePort(80, [{ process: null, uid: 5 }], unit).who, 'unknown');
  assert.equal(judgePort(80, [{ process: null, uid: 6 }], unit).who, 'foreign');
});
