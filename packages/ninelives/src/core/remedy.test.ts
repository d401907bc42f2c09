import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POLICY, serving, unitOf } from '../../test/fixtures/core-story.js';
import type { UnitSnapshot } from './types.js';

test('I6 leftovers are cleared on what is seen now, not on what a guard saw that died long ago', () => {
  const orphan = { ...unitOf(1).processes[0], pid: 201, main: false } as UnitSnapshot['processes'][0];
  const story = serving().look({ phase: 'inactive', incarnation: null, processes: [], leftovers: [orphan] });
  assert.equal(story.kills.length, 0, 'they get a moment to go by themselves');
  story.after(POLICY.leftoverGraceMs + 60_000).see({ type: 'daemon-started', bootId: 'boot-1' });
  assert.equal(story.kills.length, 0);
  story.look();
  assert.equal(story.kills.length, 1);
});

/** Down, with an orphan on the port that is no kin of an earlier one. */
const down = (pid: number, recentStartsAtMs: number[]): Partial<UnitSnapshot> => ({
  phase: 'failed',
  incarnation: null,
  processes: [],
  leftovers: [{ ...unitOf(1).processes[0], pid, main: false } as UnitSnapshot['processes'][0]],
  recentStartsAtMs,
});

test('what a life that nobody saw has left is cleared too, once for a start (seed 778 of the simulation)', () => {
  const story = serving().look(down(201, []));
  story.after(POLICY.leftoverGraceMs).look();
  assert.equal(story.kills.length, 1, 'those of the life that was seen');
  const cleared = (): string => story.state.intent?.id ?? '';
  const outcome = { outcome: 'killed' as const, remaining: [], detail: 'gone' };
  story.see({ type: 'killed', intentId: cleared(), ...outcome });
  story.after(60_000).look(down(301, [])).after(60_000).look();
  assert.equal(story.kills.length, 1, 'no start since: whatever came by itself may come again, for ever');
  story.after(60_000).look(down(301, [story.nowMs - 1_000]));
  assert.equal(story.kills.length, 1, 'they get their moment');
  story.after(POLICY.leftoverGraceMs).look();
  assert.equal(story.kills.length, 2);
  assert.deepEqual(
    story.kills[1]?.targets.map(({ pid }) => pid),
    [301],
  );
  story.see({ type: 'killed', intentId: cleared(), ...outcome });
  for (let n = 0; n < 20; n += 1) story.after(60_000).look(down(401 + n, story.unit.recentStartsAtMs));
  assert.equal(story.kills.length, 2, 'once');
});
