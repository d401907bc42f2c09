import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import type { ProcessId } from '../../src/core/types.js';
import { bootId } from '../../src/host/clock.js';
import { listStats, readStat } from '../../src/host/procfs/processes.js';
import { armSentinel } from '../../src/host/sentinel.js';
import { sendSignal } from '../../src/host/signal.js';
import { eventually, fixture, ownProcess } from '../fixtures/host-world.js';

function sleeper(t: TestContext): ProcessId {
  return ownProcess(t, spawn('sleep', ['60'], { stdio: 'ignore' }).pid);
}

const duty = (...processes: ProcessId[]) => ({
  bootId: bootId(),
  undo: { signal: 'SIGCONT' as const, processes },
});

const isStopped = (id: ProcessId) => readStat(id.pid)?.state === 'T';

describe('the sentinel of a drill', () => {
  it('wakes the frozen when the drill is killed with SIGKILL', async (t) => {
    const target = sleeper(t);
    const drill = spawn(process.execPath, [fixture('sentinel-holder.mjs'), JSON.stringify(duty(target))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const drillId = ownProcess(t, drill.pid);
    await once(drill.stdout, 'data');
    await eventually('the freeze', () => isStopped(target));
    const [sentinel] = listStats().filter((stat) => stat.ppid === drillId.pid);
    assert.ok(sentinel);
    drill.kill('SIGKILL');
    await eventually('the wake-up', () => !isStopped(target));
    await eventually("the sentinel's end", () => readStat(sentinel.pid)?.startTicks !== sentinel.startTicks);
  });

  it('wakes the frozen on release, and only the very process that was named', async (t) => {
    const [target, other] = [sleeper(t), sleeper(t)];
    const reused = { pid: other.pid, startTicks: other.startTicks - 1 };
    const sentinel = await armSentinel(duty(target, reused));
    for (const id of [target, other]) sendSignal(id.pid, 'SIGSTOP');
    await eventually('the freeze', () => isStopped(target) && isStopped(other));
    await sentinel.release();
    await eventually('the wake-up', () => !isStopped(target));
    assert.equal(isStopped(other), true);
    await sentinel.release();
  });
});
