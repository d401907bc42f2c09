import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { unitOf } from '../../test/fixtures/core-story.js';
import { nextKillAllowed, trimKills } from './budget.js';
import type { GuardState } from './decision.js';
import { DEFAULT_POLICY, type Policy } from './policy.js';
import { initialState } from './state.js';

/** What a person would write down: when it was killed, when it started. */
interface Ledger {
  nowMs: number;
  killsMs: number[];
  startsMs: number[];
  /** Kills since it was last stable. */
  series: number;
}

/** The budget as the guard keeps it. */
interface Kept {
  state: GuardState;
  policy: Policy;
}

const at = (atMs: number) => ({ atMs, wallMs: atMs });

function allowance(ledger: Ledger, { state, policy }: Kept) {
  const unit = {
    ...unitOf(1),
    startLimit: { burst: 5, intervalMs: 60_000 },
    recentStartsAtMs: ledger.startsMs,
  };
  state.unit = unit;
  return nextKillAllowed(state, policy, ledger.nowMs);
}

const wait = fc.constantFrom(1, 500, 10_000, 120_000, 1_800_000, 7_200_000).map((ms) => ({
  toString: () => `wait ${ms}`,
  check: () => true,
  run(ledger: Ledger) {
    ledger.nowMs += ms;
  },
}));

/** A start that is nobody's kill: a crash, or an operator. */
const start = fc.constant({
  toString: () => 'start',
  check: () => true,
  run(ledger: Ledger) {
    ledger.startsMs.push(ledger.nowMs);
  },
});

const stable = fc.constant({
  toString: () => 'stable',
  check: () => true,
  run(ledger: Ledger, { state }: Kept) {
    ledger.series = 0;
    state.series = 0;
  },
});

/** Kills as soon as it may, and says what must then be true. */
const kill = fc.constant({
  toString: () => 'kill',
  check: () => true,
  run(ledger: Ledger, kept: Kept) {
    const { state, policy } = kept;
    const allowed = allowance(ledger, kept);
    assert.ok(allowed, 'there is always a next time');
    const longest = Math.max(policy.windowMs, policy.slowMaxMs, 60_000);
    assert.ok(allowed.atMs <= ledger.nowMs + longest, 'and it is not far away (I8)');
    ledger.nowMs = Math.max(ledger.nowMs, allowed.atMs);
    const { nowMs, killsMs, startsMs } = ledger;
    const inWindow = killsMs.filter((killMs) => killMs > nowMs - policy.windowMs).length;
    assert.ok(inWindow < policy.killsMax, `${inWindow} kills within the window already (I3)`);
    const starts = startsMs.filter((startMs) => startMs > nowMs - 60_000).length;
    assert.ok(starts + 2 <= 5, `${starts} starts of 5, and a kill (I3)`);
    const last = killsMs.at(-1);
    if (last !== undefined && ledger.series >= policy.killsMax) {
      const doubled = policy.slowMs * 2 ** (ledger.series - policy.killsMax);
      assert.ok(nowMs - last >= Math.min(doubled, policy.slowMaxMs), 'it slows down (I8)');
    }
    killsMs.push(nowMs);
    startsMs.push(nowMs);
    ledger.series += 1;
    state.kills = trimKills([...state.kills, at(nowMs)], policy, nowMs);
    state.series += 1;
  },
});

test('the budget, against a ledger of every kill and start', () => {
  let kills = 0;
  const policies = fc.record({
    killsMax: fc.integer({ min: 1, max: 4 }),
    windowMs: fc.constantFrom(60_000, 1_800_000),
    slowMs: fc.constantFrom(60_000, 1_800_000),
  });
  fc.assert(
    fc.property(
      policies,
      fc.commands([wait, start, kill, kill, stable], { maxCommands: 40 }),
      (some, commands) => {
        const policy = { ...DEFAULT_POLICY, ...some, slowMaxMs: 4 * some.slowMs };
        const ledger: Ledger = { nowMs: 1_000_000, killsMs: [], startsMs: [], series: 0 };
        fc.modelRun(
          () => ({ model: ledger, real: { state: initialState('model', 'armed', policy), policy } }),
          commands,
        );
        kills += ledger.killsMs.length;
      },
    ),
    { numRuns: 300, seed: 1 },
  );
  assert.ok(kills > 500, `${kills} kills`);
});
