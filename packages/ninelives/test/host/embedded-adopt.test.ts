import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import type { ProcessId } from '../../src/core/types.js';
import type { EmbeddedOptions, StartOutcome } from '../../src/host/embedded/contract.js';
import { loadState } from '../../src/host/embedded/state-file.js';
import { createEmbeddedSupervisor } from '../../src/host/embedded/supervisor.js';
import { isAlive, readStat } from '../../src/host/procfs/processes.js';
import { signalIfSame } from '../../src/host/signal.js';
import {
  childrenOf,
  living,
  serverOptions,
  snapshot,
  supervise,
  untilPhase,
  untilUp,
} from '../fixtures/embedded-world.js';
import { eventually, fixture, freePort, health, ownProcess } from '../fixtures/host-world.js';

/** Runs the supervisor in a process of its own, lets it start the service, and kills it with SIGKILL. */
async function startAndLoseDaemon(t: TestContext, options: EmbeddedOptions): Promise<ProcessId> {
  const daemon = spawn(process.execPath, [fixture('embedded-daemon.mjs'), JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  ownProcess(t, daemon.pid);
  const [line] = await once(daemon.stdout, 'data');
  const started = JSON.parse(String(line)) as StartOutcome;
  assert.equal(started.outcome, 'started');
  assert.ok('main' in started);
  const main = ownProcess(t, started.main.pid);
  const ended = once(daemon, 'exit');
  daemon.kill('SIGKILL');
  await ended;
  return main;
}

const stateOf = (options: EmbeddedOptions) => loadState(join(options.stateDir, 'supervisor-svc.json'));

describe('a supervisor whose predecessor was killed', { concurrency: 4 }, () => {
  it('adopts the running service, restarts it when it ends, and stops it', async (t) => {
    const port = await freePort();
    const options = serverOptions(t, port);
    const main = await startAndLoseDaemon(t, options);
    const supervisor = await supervise(t, options);
    const adopted = await untilUp(supervisor, { processes: 2 });
    assert.equal(adopted.incarnation.pid, main.pid);
    assert.equal(adopted.incarnation.startTicks, main.startTicks);
    assert.equal(adopted.phase, 'active');
    assert.equal(adopted.recentStartsAtMs.length, 1, 'starts are kept');
    assert.deepEqual(adopted.leftovers, []);
    const again = await supervisor.start();
    assert.deepEqual(again, { outcome: 'running', main, adopted: true });
    await eventually('an answer', () => health(port));

    // Its exit status goes to its new parent, so even a SIGTERM counts as unclean.
    signalIfSame(main, 'SIGTERM');
    const second = await untilUp(supervisor, { after: main, processes: 2 });
    assert.equal(second.lastExit, 'unknown (adopted)');
    assert.equal(second.restarts, 1);
  });

  it('stops an adopted service when asked, and leaves it down', async (t) => {
    const options = serverOptions(t, await freePort());
    const main = await startAndLoseDaemon(t, options);
    const workers = await eventually('its worker', () =>
      childrenOf(t, main).length > 0 ? childrenOf(t, main) : null,
    );
    const supervisor = await supervise(t, options);
    await supervisor.stop();
    assert.deepEqual(living([main, ...workers]), []);
    assert.equal((await snapshot(supervisor)).phase, 'inactive');
    assert.equal(stateOf(options)?.main, null);
  });

  it('adopts a frozen main too: the guard judges that', async (t) => {
    const options = serverOptions(t, await freePort());
    const main = await startAndLoseDaemon(t, options);
    signalIfSame(main, 'SIGSTOP');
    await eventually('state T', () => readStat(main.pid)?.state === 'T');
    const supervisor = await supervise(t, options);
    const seen = await snapshot(supervisor);
    assert.equal(seen.incarnation?.pid, main.pid);
    assert.equal(seen.processes[0]?.state, 'T');
    signalIfSame(main, 'SIGKILL');
    await untilUp(supervisor, { after: main });
  });

  it('clears what a dead main left, frozen or stubborn, before it starts', async (t) => {
    const port = await freePort();
    const options = serverOptions(t, port, ['--workers', '2', '--ignore-term']);
    options.restart.stopTimeoutMs = 400;
    const main = await startAndLoseDaemon(t, options);
    await eventually('an answer', () => health(port));
    const workers = childrenOf(t, main);
    assert.equal(workers.length, 2);
    signalIfSame(workers[0] as ProcessId, 'SIGSTOP');
    signalIfSame(main, 'SIGKILL');
    await eventually('the end of main', () => !isAlive(main));
    assert.equal(living(workers).length, 2);

    const supervisor = await supervise(t, options);
    const before = await snapshot(supervisor);
    assert.equal(before.phase, 'inactive');
    assert.equal(before.lastExit, 'unknown (it ended while nobody watched)');
    assert.deepEqual(before.leftovers.map(({ pid }) => pid).sort(), workers.map(({ pid }) => pid).sort());
    assert.equal((await supervisor.start()).outcome, 'started');
    assert.deepEqual(living(workers), []);
    await eventually('an answer', () => health(port));
  });

  it('finds a main whose pid was never written down', async (t) => {
    const options = serverOptions(t, await freePort());
    const main = await startAndLoseDaemon(t, options);
    const file = join(options.stateDir, 'supervisor-svc.json');
    const state = stateOf(options);
    // What the file holds between the write before the spawn and the one after it.
    writeFileSync(file, JSON.stringify({ ...state, phase: 'activating', main: null }));
    const supervisor = await supervise(t, options);
    assert.equal((await snapshot(supervisor)).incarnation?.pid, main.pid);
    assert.deepEqual(stateOf(options)?.main, main);
  });

  it('trusts no pid of another boot, and carries its starts over', async (t) => {
    const options = serverOptions(t, null);
    const bystander = ownProcess(t, spawn('sleep', ['60'], { stdio: 'ignore' }).pid);
    const first = await createEmbeddedSupervisor(options);
    await first.start();
    await first.close({ keepRunning: false });
    const state = stateOf(options);
    assert.ok(state);
    const [start] = state.starts;
    const old = {
      ...state,
      bootId: 'another-boot',
      phase: 'active',
      main: bystander,
      starts: [{ ...start, atMs: 5 }],
    };
    writeFileSync(join(options.stateDir, 'supervisor-svc.json'), JSON.stringify(old));
    const supervisor = await supervise(t, options);
    const seen = await snapshot(supervisor);
    assert.equal(seen.incarnation, null);
    assert.equal(seen.lastExit, 'unknown (the machine was rebooted)');
    const [carried] = seen.recentStartsAtMs;
    assert.ok(
      carried && start && Math.abs(carried - start.atMs) < 1_000,
      `${carried} is not near ${start?.atMs}`,
    );
    assert.equal(isAlive(bystander), true);
  });

  it('leaves the service running when it lets go of it', async (t) => {
    const options = serverOptions(t, null);
    const first = await createEmbeddedSupervisor(options);
    await first.start();
    const up = await untilUp(first, { processes: 2 });
    ownProcess(t, up.incarnation.pid);
    await first.close({ keepRunning: true });
    assert.equal(isAlive(up.incarnation), true);
    const second = await supervise(t, options);
    assert.equal((await untilPhase(second, 'active')).incarnation?.invocation, up.incarnation.invocation);
  });

  it('says what to do with a state file that it cannot read', async (t) => {
    const options = serverOptions(t, null);
    const file = join(options.stateDir, 'supervisor-svc.json');
    writeFileSync(file, '{"version": 1,');
    await assert.rejects(createEmbeddedSupervisor(options), (error: Error) => {
      return error.message.includes(file) && error.message.includes('delete the file');
    });
    assert.equal(readFileSync(file, 'utf8'), '{"version": 1,', 'it is left as it was');
  });
});
