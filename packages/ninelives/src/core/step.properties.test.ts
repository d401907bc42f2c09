import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { GuardState } from './decision.js';
import { DEFAULT_POLICY } from './policy.js';
import { initialState } from './state.js';
import { step } from './step.js';
import type {
  GpuSample,
  Incarnation,
  MemoryRoom,
  Observation,
  PortQueues,
  ProcessSample,
  UnitSnapshot,
} from './types.js';

/** Few values each, so that observations meet the same lives, pids and intents again and again. */
const boot = fc.constantFrom('boot-1', 'boot-2');
const incarnation: fc.Arbitrary<Incarnation> = fc.constantFrom(
  { pid: 2, startTicks: 1, bootId: 'boot-1', invocation: 'inv-1' },
  { pid: 2, startTicks: 2, bootId: 'boot-1', invocation: 'inv-2' },
);
const process: fc.Arbitrary<ProcessSample> = fc.record({
  pid: fc.integer({ min: 10, max: 14 }),
  startTicks: fc.integer({ min: 1, max: 3 }),
  name: fc.constantFrom('server', 'engine'),
  state: fc.constantFrom('R', 'S', 'D', 'T', 'Z'),
  cpuMs: fc.nat(100_000),
  rssBytes: fc.nat(1e9),
  ioBytes: fc.nat(1e9),
  main: fc.constant(false),
});
const queues: fc.Arbitrary<PortQueues | null> = fc.option(
  fc.record({ waiting: fc.nat(9), closeWait: fc.nat(9) }),
);
const memory: fc.Arbitrary<MemoryRoom | null> = fc.option(
  fc.record({ freeBytes: fc.maxSafeNat(), of: fc.constant('the machine') }),
);
const gpu: fc.Arbitrary<GpuSample | null> = fc.option(
  fc.oneof(
    fc.record({
      atMs: fc.nat(2_000_000),
      busyPercent: fc.option(fc.nat(100)),
      usedBytes: fc.option(fc.maxSafeNat()),
      freeBytes: fc.option(fc.maxSafeNat()),
    }),
    fc.record({ atMs: fc.nat(2_000_000), trouble: fc.constant('ERR!'), hangs: fc.boolean() }),
  ),
);
const unit: fc.Arbitrary<UnitSnapshot> = fc.record({
  supervisor: fc.constantFrom('embedded', 'systemd', 'systemd-user'),
  unit: fc.constant('model.service'),
  phase: fc.constantFrom('activating', 'active', 'deactivating', 'auto-restart', 'inactive', 'failed'),
  incarnation: fc.option(incarnation),
  restarts: fc.nat(5),
  lastExit: fc.constantFrom(null, 'SIGKILL', 'exit status 0'),
  revivesAfterKill: fc.constantFrom(true, true, true, false, null),
  startLimit: fc.record({ burst: fc.nat(6), intervalMs: fc.constantFrom(0, 10_000) }),
  recentStartsAtMs: fc.array(fc.nat(1_000_000), { maxLength: 4 }).map((at) => at.sort((a, b) => a - b)),
  processes: fc.array(process, { maxLength: 3 }),
  leftovers: fc.array(process, { maxLength: 3 }),
  portOwner: fc.record({
    who: fc.constantFrom('unit', 'unit', 'leftover', 'foreign', 'none', 'unknown'),
    text: fc.constant(''),
  }),
  queues,
  memory,
  gpu,
  unseen: fc.constantFrom(null, null, 'it works on a GPU'),
  fingerprint: fc.constantFrom(null, { Restart: 'on-failure' }, { Restart: 'always' }),
});
const cheap = fc.array(
  fc.record({ path: fc.constant('/health'), status: fc.constantFrom(200, null), tookMs: fc.nat(100) }),
  { maxLength: 2 },
);
const outcome = fc.record({
  reason: fc.constantFrom(
    'ok',
    'timeout',
    'timeout',
    'timeout',
    'refused',
    'reset',
    'unavailable',
    'error',
    'wrong',
    'busy',
    'misconfigured',
    'drift',
    'blind',
  ),
  detail: fc.string({ maxLength: 5 }),
  tookMs: fc.nat(30_000),
  status: fc.constantFrom(null, 200, 500),
  cheap,
});
const drill = fc.record({
  drillId: fc.constantFrom('d1', 'd2'),
  fault: fc.constant('wedge'),
  permitKill: fc.boolean(),
  untilMs: fc.nat(3_000_000),
});
const seen = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('unit'), unit }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('probe'),
      incarnation: fc.option(incarnation),
      startedAtMs: fc.nat(1_000_000),
      outcome,
    }),
  },
  fc.record({ type: fc.constant('daemon-started'), bootId: boot }),
  fc.record({ type: fc.constant('unit-unknown'), why: fc.constant('timed out') }),
  fc.record({ type: fc.constant('completion'), incarnation, source: fc.constantFrom('counter', 'gateway') }),
  fc.record({ type: fc.constant('counter-still'), incarnation }),
  fc.record({
    type: fc.constant('traffic'),
    incarnation,
    traffic: fc.record({
      kind: fc.constantFrom('standing', 'expected', 'unlearnt', 'none'),
      text: fc.constant('traffic'),
    }),
  }),
  fc.record({
    type: fc.constant('killed'),
    intentId: fc.integer({ min: 1, max: 9 }).map((n) => `model-kill-${n}`),
    outcome: fc.constantFrom('killed', 'already-gone', 'not-same', 'not-permitted', 'still-there'),
    remaining: fc.constant([]),
    detail: fc.constant(''),
  }),
  fc.record({
    type: fc.constant('operator'),
    command: fc.constantFrom('pause', 'resume', 'acknowledge', 'arm'),
    by: fc.constant('jc'),
  }),
  fc.record({ type: fc.constant('drill-begun'), drill }),
  fc.record({ type: fc.constant('drill-ended'), drillId: fc.constantFrom('d1', 'd2') }),
);
/** Each with the time since the one before, and a wall clock that may jump. */
const story = fc.array(
  fc.record({
    seen,
    waitMs: fc.constantFrom(0, 10, 1_000, 60_000, 3_600_000),
    stepMs: fc.constantFrom(0, 0, 0, -1e7, 1e7),
  }),
  { maxLength: 60 },
);

const policy = { ...DEFAULT_POLICY, failureThreshold: 2, idlePatienceMs: 1_000, startupGraceMs: 1_000 };

function observe(tale: { seen: object; waitMs: number; stepMs: number }[]): Observation[] {
  let atMs = 1_000_000;
  let wallMs = 1_767_225_600_000;
  return tale.map(({ seen: what, waitMs, stepMs }) => {
    atMs += waitMs;
    wallMs += waitMs + stepMs;
    return { ...what, atMs, wallMs } as Observation;
  });
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) freeze(part);
  }
  return value;
}

test('step is total: any story of well-typed observations is taken in, with every invariant', () => {
  let kills = 0;
  let incidents = 0;
  fc.assert(
    fc.property(story, (tale) => {
      let state = initialState('model', 'armed', policy);
      for (const observation of observe(tale)) {
        const decision = step(state, observation, policy);
        if (decision.intent) kills += 1;
        incidents += decision.incidents.length;
        state = decision.state;
      }
    }),
    { numRuns: 3_000, seed: 1 },
  );
  // Stories in which nothing is ever decided would prove nothing.
  assert.ok(kills > 50 && incidents > 1_000, `${kills} kills, ${incidents} incidents`);
});

test('step is pure: a frozen state is left alone, and the same input gives the same decision', () => {
  fc.assert(
    fc.property(story, (tale) => {
      let state: GuardState = initialState('model', 'armed', policy);
      for (const observation of observe(tale)) {
        freeze(state);
        freeze(observation);
        const once = step(state, observation, policy);
        assert.deepEqual(step(state, observation, policy), once);
        state = once.state;
      }
    }),
    { numRuns: 150 },
  );
});

test('the state is plain JSON: written down and read again, the next step is the same', () => {
  fc.assert(
    fc.property(story, (tale) => {
      let state = initialState('model', 'armed', policy);
      for (const observation of observe(tale)) {
        const read = JSON.parse(JSON.stringify(state)) as GuardState;
        const next = step(state, observation, policy);
        assert.equal(JSON.stringify(step(read, observation, policy)), JSON.stringify(next));
        state = next.state;
      }
    }),
    { numRuns: 150 },
  );
});
