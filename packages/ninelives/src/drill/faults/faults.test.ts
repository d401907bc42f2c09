import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventType, GuardState, RecordEvent } from '../../core/decision.js';
import { DEFAULT_POLICY } from '../../core/policy.js';
import { initialState } from '../../core/state.js';
import type { Incarnation, ProcessSample, UnitSnapshot } from '../../core/types.js';
import type { Deed } from '../report.js';
import { judgeState, median, worthWaitingMs } from '../steady/steady.js';
import { judgeConnections, judgeCounter } from '../steady/traffic.js';
import { crash } from './crash.js';
import { crashLoop } from './crash-loop.js';
import type { Fault, Scene } from './fault.js';
import { freeze } from './freeze.js';
import { stubbornChild } from './stubborn-child.js';
import { FAULTS, faultNamed } from './table.js';
import { term } from './term.js';
import { wedge } from './wedge.js';

const RESTART = {
  policy: 'on-failure' as const,
  restartMs: 100,
  startLimitBurst: 5,
  startLimitIntervalMs: 10_000,
  stopTimeoutMs: 10_000,
};

const life = (pid: number): Incarnation => ({
  pid,
  startTicks: pid * 10,
  bootId: 'b',
  invocation: `i${pid}`,
});

function sample(pid: number, rssBytes: number, main = false, state = 'S'): ProcessSample {
  return { pid, startTicks: pid * 10, name: 'node', state, cpuMs: 0, rssBytes, ioBytes: 0, main };
}

function unitOf(processes: ProcessSample[], change: Partial<UnitSnapshot> = {}): UnitSnapshot {
  return {
    supervisor: 'embedded',
    unit: 'svc',
    phase: 'active',
    incarnation: life(7),
    restarts: 0,
    lastExit: null,
    revivesAfterKill: true,
    startLimit: { burst: 5, intervalMs: 10_000 },
    recentStartsAtMs: [],
    processes,
    leftovers: [],
    portOwner: { who: 'unit', text: '' },
    ...change,
  };
}

const TREE = [sample(7, 80, true), sample(8, 20), sample(9, 300), sample(10, 900, false, 'Z')];

function stateOf(change: Partial<GuardState> = {}): GuardState {
  const state = initialState('svc', 'armed', DEFAULT_POLICY);
  return { ...state, verdict: { kind: 'serving', sentence: 'serving: fine' }, unit: unitOf(TREE), ...change };
}

function event(atMs: number, type: EventType, pid: number | null, data?: RecordEvent['data']): RecordEvent {
  const incarnation = pid === null ? null : life(pid);
  return { atMs, wallMs: atMs, type, incidentId: null, incarnation, text: type, ...(data ? { data } : {}) };
}

const deed = (atMs: number, type: Deed['type'], pid: number): Deed => ({
  atMs,
  wallMs: atMs,
  type,
  processes: [{ pid, startTicks: pid * 10 }],
  text: '',
});

function scene(events: RecordEvent[], change: Partial<Scene> = {}): Scene {
  return {
    deeds: [deed(0, 'injected', 7)],
    events,
    state: stateOf(),
    policy: DEFAULT_POLICY,
    restart: RESTART,
    nowMs: 60_000,
    ...change,
  };
}

const KILL = event(8_000, 'kill', 7, { targets: [{ pid: 7, startTicks: 70 }] });
const HEALED = [
  event(7_900, 'incident-opened', 7),
  KILL,
  event(8_200, 'incarnation', 20),
  event(8_900, 'serving', 20),
];

test('each fault is in the table under its own name', () => {
  for (const [name, fault] of Object.entries(FAULTS)) assert.equal(fault.name, name);
  assert.equal(faultNamed('wedge'), wedge);
  assert.equal(faultNamed('start-limit'), crashLoop);
  assert.equal(faultNamed('toString'), null);
});

test('who is signalled: the main process, the whole tree main first, or the largest child', () => {
  const aims: [Fault, string, number[]][] = [
    [crash, 'SIGKILL', [7]],
    [term, 'SIGTERM', [7]],
    [crashLoop, 'SIGKILL', [7]],
    [stubbornChild, 'SIGKILL', [7, 8, 9]],
    [freeze, 'SIGSTOP', [7, 8, 9]],
    [wedge, 'SIGSTOP', [9]],
  ];
  for (const [fault, signal, pids] of aims) {
    const aim = fault.aim(unitOf(TREE));
    assert.ok(!('cannot' in aim), fault.name);
    assert.equal(aim.signal, signal);
    assert.deepEqual(
      aim.processes.map((id) => id.pid),
      pids,
    );
    for (const id of aim.processes) assert.deepEqual(Object.keys(id).sort(), ['pid', 'startTicks']);
  }
});

test('what can not be done is said, not tried', () => {
  assert.match(String(Object.values(wedge.aim(unitOf([sample(7, 80, true)])))), /drill freeze/);
  const endless = unitOf(TREE, { startLimit: { burst: 0, intervalMs: 10_000 } });
  assert.ok('cannot' in crashLoop.aim(endless));
  for (const fault of [crash, term, freeze, crashLoop]) {
    assert.ok('cannot' in fault.aim(unitOf([], { incarnation: null })), fault.name);
  }
});

test('a hang is over when it was killed, has served and is closed; each missing part is named', () => {
  const open = stateOf({ incident: { id: 'i' } as GuardState['incident'] });
  const cases: [string, Scene, boolean, RegExp | null][] = [
    ['healed', scene(HEALED), true, null],
    ['not noticed', scene([]), false, /did not notice/],
    ['not killed', scene(HEALED.slice(0, 1)), false, /did not kill it within 60 s/],
    ['withheld', scene([...HEALED.slice(0, 1), event(7_950, 'kill-withheld', 7)]), false, /kill-withheld/],
    ['not restarted', scene(HEALED.slice(0, 2)), false, /did not start it again/],
    ['not serving', scene(HEALED.slice(0, 3)), false, /no right answer/],
    ['still open', scene(HEALED, { state: open }), false, /still says/],
    ['killed twice', scene([...HEALED, { ...KILL, atMs: 9_000 }]), true, /2 kills/],
  ];
  for (const [name, at, seen, why] of cases) {
    for (const fault of [wedge, freeze]) {
      assert.equal(fault.seen(at), seen, name);
      if (why) assert.match(fault.judge(at).join('; '), why, name);
      else assert.deepEqual(fault.judge(at), [], name);
    }
  }
});

test('term: staying down is right, coming back by itself is not', () => {
  const down = [event(100, 'ended', 7), event(150, 'escalated', null, { reason: 'stopped' })];
  const back = [event(5_200, 'incarnation', 20), event(6_000, 'serving', 20)];
  const deeds = [deed(0, 'injected', 7), deed(5_000, 'restored', 7)];
  assert.equal(term.seen(scene(down, { nowMs: 1_000 })), false, 'not long enough to say that it stays down');
  assert.equal(term.seen(scene(down, { nowMs: 3_000 })), true);
  assert.deepEqual(term.judge(scene([...down, ...back], { deeds })), []);
  assert.match(term.judge(scene([...down, ...back])).join(), /started again, although/);
  assert.deepEqual(
    term.judge(scene([...down, ...back], { restart: { ...RESTART, policy: 'always' } })),
    [],
    'Restart=always is meant to bring it back',
  );
  assert.match(term.judge(scene([])).join(), /ignored SIGTERM/);
});

test('crash-loop: kills each new main once, stops by itself, and wants an end without a busy loop', () => {
  const born = (pid: number, atMs: number) => event(atMs, 'incarnation', pid);
  assert.deepEqual(crashLoop.again?.(scene([born(20, 300)])), { pid: 20, startTicks: 200 });
  const struck = [deed(0, 'killed', 7), deed(350, 'killed', 20)];
  assert.equal(crashLoop.again?.(scene([born(20, 300)], { deeds: struck })), null);
  const many = Array.from({ length: 7 }, (_, n) => deed(n, 'killed', 100 + n));
  assert.equal(crashLoop.again?.(scene([born(300, 99)], { deeds: many })), null, 'never for ever');

  const gaveUp = event(2_000, 'escalated', null, { reason: 'failed' });
  const starts = [1, 2, 3, 4, 5].map((n) => born(20 + n, n * 300));
  const restored = [deed(0, 'killed', 7), deed(5_000, 'restored', 7)];
  const back = [born(40, 5_300), event(6_000, 'serving', 40)];
  const good = [...starts, gaveUp, ...back];
  assert.equal(crashLoop.seen(scene([...starts, gaveUp], { nowMs: 3_000 })), false);
  assert.equal(crashLoop.seen(scene([...starts, gaveUp], { nowMs: 4_100 })), true);
  assert.deepEqual(crashLoop.judge(scene(good, { deeds: restored })), []);
  const judged = (events: RecordEvent[]) => crashLoop.judge(scene(events, { deeds: restored })).join('; ');
  assert.match(judged([...starts, ...back]), /did not give up.*nobody was told/);
  assert.match(judged([...good, born(26, 2_500)]), /started again after it had failed; 6 restarts/);
});

test('a drill is refused where the guard is paused, busy with an incident, not serving, or without room to start', () => {
  const now = 100_000;
  const STARTS = [96_000, 97_000, 98_000, 99_000];
  const spent = [90_000, 95_000, 99_000].map((atMs) => ({ atMs, wallMs: atMs }));
  const cases: [Partial<GuardState>, Fault, RegExp | null][] = [
    [{}, wedge, null],
    [{ desired: 'paused' }, crash, /paused/],
    [{ incident: { id: 'i1', sentence: 'hung: x' } as GuardState['incident'] }, crash, /incident i1.*hung/],
    [{ verdict: { kind: 'suspect', sentence: 'suspect: 1 of 3' } }, crash, /not serving: suspect/],
    [{ kills: spent }, wedge, null],
    [{ unit: unitOf(TREE, { recentStartsAtMs: STARTS }) }, wedge, /too many starts.*for another 6 s/],
    [{ unit: unitOf(TREE, { startLimit: { burst: 1, intervalMs: 10_000 } }) }, freeze, /never leaves room/],
  ];
  for (const [change, fault, why] of cases) {
    const objections = judgeState(fault, stateOf(change), now).join('; ');
    if (why) assert.match(objections, why);
    else assert.equal(objections, '');
  }
});

test('a start limit that will soon have room is waited for, a spent budget does not matter', () => {
  const starts = [92_000, 94_000, 96_000, 98_000];
  const full = stateOf({ unit: unitOf(TREE, { recentStartsAtMs: starts }) });
  assert.equal(worthWaitingMs(wedge, full, 100_000), 2_000);
  assert.equal(worthWaitingMs(crash, full, 100_000), 2_000, 'a crash costs a start too');
  assert.equal(worthWaitingMs(term, full, 100_000), 0);
  const kills = [99_000, 99_100, 99_200].map((atMs) => ({ atMs, wallMs: atMs }));
  assert.equal(worthWaitingMs(wedge, stateOf({ kills }), 100_000), 0, 'the budget is for real faults');
});

test('work that the guard accounts for is no traffic', () => {
  assert.equal(judgeCounter(3, 3, 2_000).seen, 'none');
  assert.equal(judgeCounter(3, 6, 2_000).seen, 'none');
  assert.deepEqual(judgeCounter(7, 3, 2_000), {
    seen: 'some',
    text: '4 pieces of work in 2 s that are not ours',
  });
});

test('a kept connection at rest is no traffic, one at work is', () => {
  assert.equal(judgeConnections(null).seen, 'not-measurable');
  assert.equal(judgeConnections({ working: 0, resting: 0 }).text, 'no other connections');
  assert.equal(judgeConnections({ working: 1, resting: 0 }).seen, 'none', 'perhaps the guard itself');
  assert.equal(judgeConnections({ working: 0, resting: 2 }).seen, 'none');
  assert.equal(judgeConnections({ working: 2, resting: 2 }).seen, 'some');
});

test('median', () => {
  assert.deepEqual([median([]), median([3]), median([9, 1, 5]), median([4, 1, 2, 3])], [null, 3, 5, 2.5]);
});
