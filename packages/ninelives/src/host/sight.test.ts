import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProcessSample } from '../core/types.js';
import { createSight } from './sight.js';

function sample(name: string, main: boolean, pid: number = process.pid): ProcessSample {
  return { pid, startTicks: 1, name, state: 'S', cpuMs: 0, rssBytes: 0, ioBytes: 0, main };
}

describe('what can not be seen from here', () => {
  const sight = createSight(() => 0);

  it('is nothing for a process whose work is CPU and I/O', () => {
    assert.equal(sight([sample('python3', true)]), null);
  });

  it('is everything behind a program that only stands for the service', () => {
    assert.match(sight([sample('docker', true)])?.text ?? '', /only docker/);
  });

  it('is not a child that merely runs such a program', () => {
    assert.equal(sight([sample('python3', true), sample('ssh', false)]), null);
  });

  it('is nothing either for a process that is gone', () => {
    assert.equal(sight([sample('python3', true, 2 ** 22 + 1)]), null);
  });
});
