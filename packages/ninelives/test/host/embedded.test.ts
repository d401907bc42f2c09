import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import type { RestartSettings } from '../../src/config/service.js';
import { monotonicMs, sleep } from '../../src/host/clock.js';
import { createKillPorts, performKill } from '../../src/host/kill.js';
import { readStat } from '../../src/host/procfs/processes.js';
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
import { eventually, freePort, health } from '../fixtures/host-world.js';

const RESTART: RestartSettings = {
  policy: 'on-failure',
  restartMs: 50,
  startLimitBurst: 5,
  startLimitIntervalMs: 10_000,
  stopTimeoutMs: 5_000,
};

describe('embedded supervisor', { concurrency: 4 }, () => {
  it('serves, and says who runs and who owns the port', async (t) => {
    const port = await freePort();
    const startedMs = monotonicMs();
    const supervisor = await supervise(t, serverOptions(t, port));
    assert.equal((await snapshot(supervisor)).phase, 'inactive');
    assert.equal((await supervisor.start()).outcome, 'started');
    const answer = await eventually('an answer', () => health(port));
    const seen = await snapshot(supervisor);
    assert.equal(seen.phase, 'active');
    assert.equal(seen.incarnation?.pid, answer.pid);
    assert.match(seen.incarnation?.invocation ?? '', /^[0-9a-f]{32}$/);
    assert.deepEqual(
      seen.processes.map((process) => [process.pid, process.main]),
      [
        [answer.pid, true],
        [answer.workers[0], false],
      ],
    );
    assert.equal(seen.portOwner.who, 'unit');
    assert.match(seen.portOwner.text, new RegExp(`^pid ${answer.pid} \\(.+\\), uid `));
    assert.equal(seen.restarts, 0);
    assert.equal(seen.revivesAfterKill, true);
    assert.deepEqual(seen.leftovers, []);
    const [start] = seen.recentStartsAtMs;
    assert.ok(seen.recentStartsAtMs.length === 1 && start && start >= startedMs && start <= monotonicMs());
    assert.equal((await supervisor.start()).outcome, 'running');
    const stat = readStat(answer.pid);
    assert.equal(stat?.session, answer.pid, 'a session of its own');
  });

  it('comes back after a SIGKILL of the whole tree, as another incarnation', async (t) => {
    const port = await freePort();
    const supervisor = await supervise(t, serverOptions(t, port));
    await supervisor.start();
    const first = await untilUp(supervisor, { processes: 2 });
    const intent = {
      ...{ id: 'k', service: 'svc', incidentId: 'i', reason: '', atMs: 0, wallMs: 0 },
      incarnation: first.incarnation,
      what: 'incarnation' as const,
      targets: first.processes,
    };
    assert.equal((await performKill(intent, createKillPorts())).outcome, 'killed');
    const second = await untilUp(supervisor, { after: first.incarnation, processes: 2 });
    assert.notEqual(second.incarnation.invocation, first.incarnation.invocation);
    assert.equal(second.restarts, 1);
    assert.equal(second.lastExit, 'SIGKILL');
    assert.equal(second.recentStartsAtMs.length, 2);
    await eventually('an answer', () => health(port));
    assert.deepEqual((await snapshot(supervisor)).leftovers, []);
  });

  for (const [ending, signal, phase] of [
    ['exit status 0', null, 'inactive'],
    ['SIGTERM', 'SIGTERM', 'inactive'],
    ['SIGHUP', 'SIGHUP', 'inactive'],
  ] as const) {
    it(`stays down after ${ending} under on-failure`, async (t) => {
      const flags = signal === null ? ['--exit', '0'] : [];
      const supervisor = await supervise(t, serverOptions(t, null, flags));
      await supervisor.start();
      if (signal) {
        const up = await untilUp(supervisor, { processes: 2 });
        signalIfSame(up.incarnation, signal);
      }
      const seen = await untilPhase(supervisor, phase);
      assert.equal(seen.lastExit, ending);
      assert.equal(seen.incarnation, null);
      assert.equal(seen.restarts, 0);
    });
  }

  it('starts again after SIGTERM under always', async (t) => {
    const options = serverOptions(t, null, [], { restart: { ...RESTART, policy: 'always' } });
    const supervisor = await supervise(t, options);
    await supervisor.start();
    const up = await untilUp(supervisor, { processes: 2 });
    signalIfSame(up.incarnation, 'SIGTERM');
    assert.equal((await untilUp(supervisor, { after: up.incarnation })).restarts, 1);
  });

  it('says that a kill would not be revived, and does not revive it, under Restart=no', async (t) => {
    const options = serverOptions(t, null, [], { restart: { ...RESTART, policy: 'no' } });
    const supervisor = await supervise(t, options);
    await supervisor.start();
    const up = await untilUp(supervisor, { processes: 2 });
    assert.equal(up.revivesAfterKill, false);
    signalIfSame(up.incarnation, 'SIGKILL');
    assert.equal((await untilPhase(supervisor, 'failed')).lastExit, 'SIGKILL');
  });

  it('ends failed, without a busy loop, when the command crashes at once', async (t) => {
    // So long that a loaded machine is still within it when the start is refused.
    const restart = { ...RESTART, startLimitIntervalMs: 120_000 };
    const supervisor = await supervise(
      t,
      serverOptions(t, null, ['--exit', '3', '--workers', '0'], { restart }),
    );
    await supervisor.start();
    const seen = await untilPhase(supervisor, 'failed');
    assert.equal(seen.lastExit, 'exit status 3');
    assert.equal(seen.restarts, 4);
    assert.equal(seen.recentStartsAtMs.length, 5);
    const refused = await supervisor.start();
    assert.equal(refused.outcome, 'start-limit');
    assert.equal((await supervisor.start({ resetFailed: true })).outcome, 'started');
  });

  it('ends failed when the command does not exist', async (t) => {
    const options = serverOptions(t, null, [], { argv: ['/does/not/exist'] });
    const supervisor = await supervise(t, options);
    const outcome = await supervisor.start();
    assert.equal(outcome.outcome, 'not-startable');
    const seen = await untilPhase(supervisor, 'failed');
    assert.match(seen.lastExit ?? '', /could not be started: .*ENOENT/);
    assert.equal(seen.recentStartsAtMs.length, 5);
  });

  it('ends the survivors of a dead main before it starts again, also stubborn ones', async (t) => {
    const options = serverOptions(t, null, ['--ignore-term', '--workers', '2'], {
      restart: { ...RESTART, stopTimeoutMs: 400 },
    });
    const supervisor = await supervise(t, options);
    await supervisor.start();
    const up = await untilUp(supervisor, { processes: 3 });
    const workers = childrenOf(t, up.incarnation);
    await eventually('stubborn workers', () =>
      readFileSync(supervisor.logFile, 'utf8').includes('workers ready'),
    );
    signalIfSame(up.incarnation, 'SIGKILL');
    const between = await untilPhase(supervisor, 'deactivating');
    assert.equal(between.incarnation, null);
    assert.deepEqual(between.leftovers.map(({ pid }) => pid).sort(), workers.map(({ pid }) => pid).sort());
    await untilUp(supervisor, { after: up.incarnation });
    assert.deepEqual(living(workers), []);
  });

  it('ends a frozen survivor too: SIGCONT follows SIGTERM', async (t) => {
    // So long that only SIGCONT, not the SIGKILL at its end, can make this pass.
    const options = serverOptions(t, null, [], { restart: { ...RESTART, stopTimeoutMs: 30_000 } });
    const supervisor = await supervise(t, options);
    await supervisor.start();
    const up = await untilUp(supervisor, { processes: 2 });
    const workers = childrenOf(t, up.incarnation);
    for (const worker of workers) signalIfSame(worker, 'SIGSTOP');
    await eventually('state T', () => workers.every((id) => readStat(id.pid)?.state === 'T'));
    signalIfSame(up.incarnation, 'SIGKILL');
    await untilUp(supervisor, { after: up.incarnation });
    assert.deepEqual(living(workers), []);
  });

  it('finds a worker that dropped its environment, also after main is gone', async (t) => {
    const supervisor = await supervise(t, serverOptions(t, null, ['--no-env']));
    await supervisor.start();
    const up = await untilUp(supervisor, { processes: 2 });
    const workers = childrenOf(t, up.incarnation);
    for (const worker of workers) signalIfSame(worker, 'SIGSTOP');
    signalIfSame(up.incarnation, 'SIGKILL');
    await untilUp(supervisor, { after: up.incarnation });
    assert.deepEqual(living(workers), []);
  });

  it('stops the whole tree, a frozen one too, and stays down', async (t) => {
    const port = await freePort();
    const supervisor = await supervise(
      t,
      serverOptions(t, port, [], { restart: { ...RESTART, policy: 'always' } }),
    );
    await supervisor.start();
    const up = await untilUp(supervisor, { processes: 2 });
    const workers = childrenOf(t, up.incarnation);
    signalIfSame(up.incarnation, 'SIGSTOP');
    await supervisor.stop();
    // Longer than RestartSec: nothing comes back by itself, even under Restart=always.
    await sleep(3 * RESTART.restartMs);
    const seen = await snapshot(supervisor);
    assert.equal(seen.phase, 'inactive');
    assert.equal(seen.recentStartsAtMs.length, 1);
    assert.equal(seen.portOwner.who, 'none');
    assert.deepEqual(living([up.incarnation, ...workers]), []);
    assert.equal((await supervisor.start()).outcome, 'started');
  });

  it('refuses to start while a stranger owns the port, and names it', async (t) => {
    const stranger = createServer().listen(0, '127.0.0.1');
    t.after(() => stranger.close());
    await new Promise((resolve) => stranger.once('listening', resolve));
    const port = (stranger.address() as { port: number }).port;
    const supervisor = await supervise(t, serverOptions(t, port));
    const outcome = await supervisor.start();
    assert.equal(outcome.outcome, 'port-taken');
    assert.ok('text' in outcome);
    assert.match(outcome.text, new RegExp(`^pid ${process.pid} \\(.+\\), uid ${process.getuid?.()}$`));
    const seen = await snapshot(supervisor);
    assert.equal(seen.portOwner.who, 'foreign');
    assert.deepEqual(seen.recentStartsAtMs, [], 'nothing was spawned');
  });

  it('goes on as systemd would when a stranger takes the port between two lives, and says who it is', async (t) => {
    const port = await freePort();
    // Room for the stranger to come, and for five starts on a loaded machine.
    const restart = { ...RESTART, restartMs: 1_500, startLimitIntervalMs: 120_000 };
    const options = serverOptions(t, port, [], { restart });
    const supervisor = await supervise(t, options);
    await supervisor.start();
    const up = await untilUp(supervisor, { processes: 2 });
    await eventually('an answer', () => health(port));
    signalIfSame(up.incarnation, 'SIGKILL');
    await untilPhase(supervisor, 'auto-restart');
    const stranger = createServer().listen(port, '127.0.0.1');
    t.after(() => stranger.close());
    const seen = await untilPhase(supervisor, 'failed');
    assert.equal(seen.lastExit, 'exit status 1');
    assert.equal(seen.portOwner.who, 'foreign');
    assert.match(seen.portOwner.text, new RegExp(`^pid ${process.pid} `));
    assert.match(readFileSync(supervisor.logFile, 'utf8'), /EADDRINUSE/);
  });

  it('writes the output to a file and keeps it below its limit', async (t) => {
    const options = serverOptions(t, null, ['--print', 'x'.repeat(5_000)], { logLimitBytes: 1_000 });
    const supervisor = await supervise(t, options);
    await supervisor.start();
    await eventually('a rotated log', () => existsSync(`${supervisor.logFile}.1`));
    await eventually('a truncated log', () => statSync(supervisor.logFile).size === 0);
    assert.match(readFileSync(`${supervisor.logFile}.1`, 'utf8'), /^x{5000}\n/);
  });
});
