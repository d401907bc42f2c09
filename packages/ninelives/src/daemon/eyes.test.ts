import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POLICY, serving } from '../../test/fixtures/core-story.js';
import type { ProbeOutcome } from '../core/types.js';
import { createEyes } from './eyes.js';
import type { Unstamped } from './line.js';
import type { GuardOptions } from './ports.js';

const OUTCOME: ProbeOutcome = {
  reason: 'timeout',
  detail: 'no answer',
  tookMs: 2_000,
  status: null,
  cheap: [],
};

/** What the line is told of a probe whose outcome is taken in so long after its deadline. */
function takenIn(lateMs: number, outcome: ProbeOutcome): ProbeOutcome | undefined {
  let nowMs = 100_000;
  const taken: Unstamped[] = [];
  const { state } = serving();
  const clock = { monotonicMs: () => nowMs, wallMs: () => nowMs, after: () => () => {} };
  const ports = {
    clock,
    inspect: (done: (unit: { unknown: string }) => void) => done({ unknown: 'not of interest here' }),
    probe: ({ deadlineMs }: { deadlineMs: number }, done: (outcome: ProbeOutcome) => void) => {
      nowMs += deadlineMs + lateMs;
      done(outcome);
    },
    completions: null,
  };
  const options = { ports, policy: POLICY, timing: { completionsMs: 1_000 } } as unknown as GuardOptions;
  const line = { take: (seen: Unstamped) => taken.push(seen), state: () => state };
  const eyes = createEyes(options, () => line as never);
  eyes.probe();
  const probe = taken.find((seen) => seen.type === 'probe');
  return probe?.type === 'probe' ? probe.outcome : undefined;
}

test('I6 a failure that we took in long after its deadline, because we stood still, does not count', () => {
  assert.equal(takenIn(100, OUTCOME)?.reason, 'timeout');
  const late = takenIn(60_000, OUTCOME);
  assert.equal(late?.reason, 'blind');
  assert.match(late?.detail ?? '', /we stood still for 60 s .*no answer/);
  assert.equal(takenIn(60_000, { ...OUTCOME, reason: 'ok' })?.reason, 'ok');
});
