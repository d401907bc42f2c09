import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Story, serving } from '../../test/fixtures/core-story.js';
import type { Unstamped } from './line.js';
import type { GuardPorts } from './ports.js';
import { createCounterEye, createTrafficEye } from './work-eyes.js';

const clock = { monotonicMs: () => 0, wallMs: () => 0, after: () => () => {} };
const quiet = { kind: 'none', text: '' } as const;

/** What the line is told when others' work gets done between two looks at it. */
function told({ state }: Story, probing: boolean): string[] {
  const taken: Unstamped[] = [];
  let count = 0;
  const ports = {
    clock,
    completions: (done: (count: number) => void) => done(++count),
    traffic: (done: (seen: { completed: boolean; sight: typeof quiet }) => void) =>
      done({ completed: true, sight: quiet }),
  } as unknown as GuardPorts;
  const line = () => ({ state: () => state }) as never;
  for (const createEye of [createCounterEye, createTrafficEye]) {
    const see = (seen: Unstamped) => void taken.push(seen);
    const eye = createEye({ ports, line, see, probing: () => probing });
    eye.read(() => eye.read(() => {}));
  }
  return taken.map((seen) => (seen.type === 'completion' ? seen.source : seen.type));
}

test('I1 what others get is told while a question is on its way, unanswered, or refused for a full queue', () => {
  assert.deepEqual(told(serving(), true), ['counter', 'gateway']);
  assert.deepEqual(told(serving().probe('timeout'), false), ['counter', 'gateway']);
  assert.deepEqual(told(serving().probe('busy'), false), ['counter', 'gateway']);
  assert.deepEqual(told(serving(), false), [], 'else nobody needs to know: each is a row in the record');
});
