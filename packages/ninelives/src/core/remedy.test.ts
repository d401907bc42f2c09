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
