import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessSample } from '../../../core/types.js';
import { onlyWatchesContainer } from './container.js';

const tree = (...names: string[]) => names.map((name, at) => ({ name, main: at === 0 }) as ProcessSample);

test('a client of a container engine stands for a container that outlives it', () => {
  for (const names of [
    ['docker'],
    ['nerdctl', 'node'],
    ['podman'],
    ['conmon', 'conmon'],
    ['podman', 'conmon'],
  ])
    assert.ok(onlyWatchesContainer(tree(...names)), names.join());
  for (const names of [['node'], ['python3', 'docker'], ['conmon', 'python3'], []])
    assert.ok(!onlyWatchesContainer(tree(...names)), names.join());
});
