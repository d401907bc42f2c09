import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import type { KillIntent } from '../../src/core/decision.js';
import type { ProcessId } from '../../src/core/types.js';
import { bootId } from '../../src/host/clock.js';
import type { KillPorts } from '../../src/host/kill.js';
import { createKillPorts, performKill } from '../../src/host/kill.js';
import { isAlive, listStats, readRealUid, readStat } from '../../src/host/procfs/processes.js';
import { sendSignal } from '../../src/host/signal.js';
import { eventually, fixture, ownProcess } from '../fixtures/host-world.js';

function intentOn(targets: ProcessId[], change: Partial<KillIntent> = {}): KillIntent {
  const main = targets[0] ?? { pid: 2 ** 22 + 1, startTicks: 1 };
  return {
    id: 'k1',
    service: 'test',
    incidentId: 'i1',
    incarnation: { ...main, bootId: bootId(), invocation: 'x' },
    what: 'incarnation',
    targets,
    reason: 'test',
    atMs: 0,
    wallMs: 0,
    ...change,
  };
}

/** A process that only waits, ready to take signals. */
async function sleeper(t: TestContext, script = ''): Promise<{ id: ProcessId; child: ChildProcess }> {
  const child = spawn(
    process.execPath,
    ['-e', `${script};setInterval(() => {}, 1000);console.log('ready')`],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const id = ownProcess(t, child.pid);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return { id, child };
}

/** The fixture server without a port, and its workers. */
async function tree(t: TestContext, ...flags: string[]): Promise<ProcessId[]> {
  const child = spawn(process.execPath, [fixture('server.mjs'), ...flags], { stdio: 'ignore' });
  const main = ownProcess(t, child.pid);
  const workers = await eventually('both workers', () => {
    const found = listStats().filter((stat) => stat.ppid === main.pid);
    return found.length === 2 ? found : null;
  });
  return [main, ...workers.map((worker) => ownProcess(t, worker.pid))];
}

describe('performKill', () => {
  it('ends exactly the listed process', async (t) => {
    const [target, bystander] = [await sleeper(t), await sleeper(t)];
    const report = await performKill(intentOn([target.id]), createKillPorts());
    assert.equal(report.outcome, 'killed', report.detail);
    assert.deepEqual(report.remaining, []);
    assert.equal(isAlive(target.id), false);
    assert.equal(isAlive(bystander.id), true);
  });

  it('never signals a later process with the same pid', async (t) => {
    const { id } = await sleeper(t);
    const reused = { pid: id.pid, startTicks: id.startTicks - 1 };
    const report = await performKill(intentOn([reused]), createKillPorts());
    assert.equal(report.outcome, 'not-same');
    assert.deepEqual(report.remaining, []);
    assert.equal(isAlive(id), true);
  });

  it('takes nothing of another boot for its target', async (t) => {
    const { id } = await sleeper(t);
    const incarnation = { ...id, bootId: 'another-boot', invocation: 'x' };
    const report = await performKill(intentOn([id], { incarnation }), createKillPorts());
    assert.equal(report.outcome, 'already-gone');
    assert.equal(isAlive(id), true);
  });

  it('I11: refuses pid 0, 1, negative and broken ones, itself and its ancestors, by name', async () => {
    const sent: number[] = [];
    const ports: KillPorts = { ...createKillPorts(), sendKill: (pid) => (sent.push(pid) ? 'sent' : 'gone') };
    for (const pid of [0, 1, -1, -process.pid, Number.NaN, 1.5, process.pid, process.ppid]) {
      const startTicks = readStat(pid)?.startTicks ?? 0;
      const report = await performKill(intentOn([{ pid, startTicks }]), ports);
      assert.equal(report.outcome, 'not-permitted', `pid ${pid}: ${report.detail}`);
    }
    assert.deepEqual(sent, []);
    for (const pid of [0, 1, -1, Number.NaN, process.pid]) {
      assert.throws(() => sendSignal(pid, 'SIGKILL'), { name: 'InvariantError', invariant: 'I11' });
    }
  });

  it("never signals another user's process, even as root", { skip: notRoot() }, async (t) => {
    const child = spawn('setpriv', ['--reuid', '65534', '--clear-groups', 'sleep', '60'], {
      stdio: 'ignore',
    });
    const id = ownProcess(t, child.pid);
    await eventually('the change of user', () => readRealUid(id.pid) === 65534);
    const report = await performKill(intentOn([id]), createKillPorts());
    assert.equal(report.outcome, 'not-permitted');
    assert.deepEqual(report.remaining, [id]);
    assert.equal(isAlive(id), true);
    child.kill('SIGKILL');
  });

  it('says already-gone for one that has ended, a zombie included', async (t) => {
    const { id, child } = await sleeper(t);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    assert.equal((await performKill(intentOn([id]), createKillPorts())).outcome, 'already-gone');

    // The parent becomes a program that never reaps, so its child stays a zombie.
    const parent = spawn('bash', ['-c', 'sleep 60 & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    ownProcess(t, parent.pid);
    const pid = await new Promise<number>((resolve) => {
      parent.stdout?.once('data', (text) => resolve(Number(text)));
    });
    const zombie = ownProcess(t, pid);
    await eventually('the exec of the parent', () => readStat(parent.pid ?? 0)?.comm === 'sleep');
    assert.equal((await performKill(intentOn([zombie]), createKillPorts())).outcome, 'killed');
    assert.equal(readStat(pid)?.state, 'Z');
    assert.equal((await performKill(intentOn([zombie]), createKillPorts())).outcome, 'already-gone');
  });

  it('ends a stopped process', async (t) => {
    const { id, child } = await sleeper(t);
    child.kill('SIGSTOP');
    await eventually('state T', () => readStat(id.pid)?.state === 'T');
    assert.equal((await performKill(intentOn([id]), createKillPorts())).outcome, 'killed');
  });

  it('ends a tree whose workers ignore SIGTERM, main first wherever it is listed', async (t) => {
    const targets = await tree(t, '--workers', '2', '--ignore-term');
    const order: number[] = [];
    const real = createKillPorts();
    const ports: KillPorts = {
      ...real,
      sendKill(pid) {
        order.push(pid);
        return real.sendKill(pid);
      },
    };
    const report = await performKill(intentOn(targets, { targets: targets.toReversed() }), ports);
    assert.equal(report.outcome, 'killed', report.detail);
    assert.equal(order[0], targets[0]?.pid);
    assert.equal(targets.some(isAlive), false);
  });

  it('completes an unfinished intent on what is left of its own list', async (t) => {
    const [main, ...workers] = (await tree(t, '--workers', '2', '--ignore-term')) as [
      ProcessId,
      ...ProcessId[],
    ];
    sendSignal(main.pid, 'SIGKILL');
    await eventually('the end of main', () => !isAlive(main));
    assert.equal(workers.every(isAlive), true);
    const report = await performKill(intentOn([main, ...workers], { what: 'leftovers' }), createKillPorts());
    assert.equal(report.outcome, 'killed', report.detail);
    assert.equal(workers.some(isAlive), false);
  });

  it('leaves the workers alone when main is not ours to signal', async (t) => {
    const [main, worker] = [await sleeper(t), await sleeper(t)];
    const ports = createKillPorts({ belongs: (target) => target.pid !== main.id.pid });
    const report = await performKill(intentOn([main.id, worker.id]), ports);
    assert.equal(report.outcome, 'not-permitted');
    assert.deepEqual(report.remaining, [main.id, worker.id]);
    assert.equal(isAlive(worker.id), true);
  });

  // D state can't be made cheaply, so here, and only here, the signal itself is a fake that does nothing.
  it('says still-there when SIGKILL does not end it', async (t) => {
    const { id } = await sleeper(t);
    const ports: KillPorts = { ...createKillPorts({ limitMs: 100, pollMs: 10 }), sendKill: () => 'sent' };
    const report = await performKill(intentOn([id]), ports);
    assert.equal(report.outcome, 'still-there');
    assert.deepEqual(report.remaining, [id]);
  });

  it('neither signals nor takes for gone what it cannot see', async (t) => {
    const { id } = await sleeper(t);
    const ports: KillPorts = {
      ...createKillPorts(),
      identify: () => {
        throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
      },
    };
    const report = await performKill(intentOn([id]), ports);
    assert.equal(report.outcome, 'not-permitted');
    assert.deepEqual(report.remaining, [id]);
    assert.equal(isAlive(id), true);
  });
});

function notRoot(): string | false {
  return process.getuid?.() === 0 ? false : 'needs root to start a process of another user';
}
