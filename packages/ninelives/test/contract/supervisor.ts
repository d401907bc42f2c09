import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { KillIntent } from '../../src/core/decision.js';
import type { Incarnation, ProcessId, UnitSnapshot } from '../../src/core/types.js';
import { sleep } from '../../src/host/clock.js';
import { createKillPorts, performKill } from '../../src/host/kill.js';
import { isAlive } from '../../src/host/procfs/processes.js';
import { signalIfSame } from '../../src/host/signal.js';
import type { Supervisor } from '../../src/host/supervisor.js';
import { eventually } from '../fixtures/host-world.js';

export interface SubjectOptions {
  /** For test/fixtures/server.mjs. */
  flags?: string[];
  startLimitBurst?: number;
  stopTimeoutMs?: number;
}

/** A service under some supervisor: `Restart=on-failure`, `RestartSec=0.3`, five starts in 10 s unless said. */
export interface Subject {
  supervisor: Supervisor & { belongs?(target: ProcessId): boolean };
  port: number;
}

type Open = (t: TestContext, options: SubjectOptions) => Promise<Subject>;

type Running = UnitSnapshot & { incarnation: Incarnation };

/** What every supervisor must show the guard, and do after what the guard does. One suite for all of them. */
export function supervisorContract(name: string, open: Open): void {
  describe(`${name} as a supervisor`, { concurrency: 4 }, () => {
    revivals(open);
    endings(open);
    survivors(open);
  });
}

/** What is seen of a running one, and that SIGKILL is followed by another. */
function revivals(open: Open): void {
  it('shows who runs, who listens, and what a kill would lead to', async (t) => {
    const subject = await open(t, {});
    const seen = await running(subject);
    assert.equal(seen.phase, 'active');
    assert.equal(seen.restarts, 0);
    assert.equal(seen.revivesAfterKill, true);
    assert.deepEqual(seen.startLimit, { burst: 5, intervalMs: 10_000 });
    assert.equal(seen.recentStartsAtMs.length, 1);
    assert.deepEqual(seen.leftovers, []);
    assert.deepEqual(
      seen.processes.map((process) => process.main),
      [true, false],
    );
    assert.equal(seen.processes[0]?.pid, seen.incarnation.pid);
    assert.match(seen.incarnation.invocation, /^[0-9a-f]{32}$/);
    if (!subject.supervisor.belongs) return;
    for (const process of seen.processes) assert.ok(subject.supervisor.belongs(process));
    assert.ok(!subject.supervisor.belongs({ pid: process.pid, startTicks: 0 }));
  });

  it('starts it again after a SIGKILL of the incarnation', async (t) => {
    const subject = await open(t, {});
    const before = await running(subject);
    const report = await kill(subject, before);
    assert.equal(report.outcome, 'killed', report.detail);
    const down = await eventually('the end, seen', async () => {
      const now = await look(subject);
      return now.lastExit === null ? null : now;
    });
    assert.equal(down.lastExit, 'SIGKILL');
    const next = await running(subject, before);
    assert.equal(next.restarts, 1);
    assert.notEqual(next.incarnation.invocation, before.incarnation.invocation);
    assert.equal(next.lastExit, 'SIGKILL');
    assert.equal(next.recentStartsAtMs.length, 2);
    assert.deepEqual(next.leftovers, []);
    assert.ok(before.processes.every((process) => !isAlive(process)));
  });

  it('kills a frozen one all the same', async (t) => {
    const subject = await open(t, {});
    const before = await running(subject);
    assert.ok(signalIfSame(before.incarnation, 'SIGSTOP'));
    const frozen = await eventually('state T', async () => {
      const now = await running(subject);
      return now.processes[0]?.state === 'T' ? now : null;
    });
    assert.equal(frozen.phase, 'active');
    assert.equal((await kill(subject, frozen)).outcome, 'killed');
    await running(subject, before);
  });
}

/** Ends that are not followed by a start. */
function endings(open: Open): void {
  it('leaves it down after SIGTERM', async (t) => {
    const subject = await open(t, {});
    const before = await running(subject);
    assert.ok(signalIfSame(before.incarnation, 'SIGTERM'));
    const down = await stays(subject, 'inactive');
    assert.equal(down.lastExit, 'SIGTERM');
    assert.equal(down.incarnation, null);
    assert.equal(down.restarts, 0);
  });

  it('leaves it down after exit 0', async (t) => {
    const subject = await open(t, { flags: ['--exit', '0', '--exit-after-ms', '500'] });
    assert.equal((await stays(subject, 'inactive')).lastExit, 'exit status 0');
  });

  it('gives up at the start limit', async (t) => {
    const subject = await open(t, { startLimitBurst: 2 });
    const first = await running(subject);
    await kill(subject, first);
    const second = await running(subject, first);
    assert.equal(second.recentStartsAtMs.length, 2);
    await kill(subject, second);
    const failed = await stays(subject, 'failed');
    assert.equal(failed.incarnation, null);
    assert.deepEqual(failed.processes, []);
  });
}

/** Workers that ignore SIGTERM and outlive the main process. */
function survivors(open: Open): void {
  it('is not held up by a worker that ignores SIGTERM, when the list is killed too', async (t) => {
    const subject = await open(t, { flags: ['--ignore-term'], stopTimeoutMs: 600_000 });
    const before = await running(subject);
    assert.equal(before.processes.length, 2);
    assert.equal((await kill(subject, before)).outcome, 'killed');
    assert.equal((await running(subject, before)).restarts, 1);
  });

  it('shows what outlives a crash as leftovers, and goes on when they are gone', async (t) => {
    const subject = await open(t, { flags: ['--ignore-term'], stopTimeoutMs: 600_000 });
    const before = await running(subject);
    const worker = before.processes[1] as ProcessId;
    assert.ok(signalIfSame(before.incarnation, 'SIGKILL'));
    const held = await eventually('the survivor', async () => {
      const now = await look(subject);
      return now.leftovers.length === 1 ? now : null;
    });
    assert.equal(held.phase, 'deactivating');
    assert.equal(held.incarnation, null);
    assert.equal(held.leftovers[0]?.pid, worker.pid);
    const intent = intentFor(before, 'leftovers', held.leftovers);
    assert.equal((await performKill(intent, portsOf(subject))).outcome, 'killed');
    assert.deepEqual((await running(subject, before)).leftovers, []);
  });
}

async function look({ supervisor }: Subject): Promise<UnitSnapshot> {
  const seen = await supervisor.inspect();
  if ('unknown' in seen) throw new Error(seen.unknown);
  return seen;
}

/** A running incarnation (another than that of `before`) that listens, as it does once its worker is ready. */
function running(subject: Subject, before?: Running): Promise<Running> {
  return eventually('a running incarnation with a worker', async () => {
    const seen = await look(subject);
    const { incarnation, processes } = seen;
    if (!incarnation || processes.length < 2 || seen.portOwner.who !== 'unit') return null;
    if (incarnation.pid === before?.incarnation.pid) return null;
    return { ...seen, incarnation };
  });
}

/** It comes to this phase, and is still in it well after a restart would have happened. */
async function stays(subject: Subject, phase: UnitSnapshot['phase']): Promise<UnitSnapshot> {
  await eventually(phase, async () => (await look(subject)).phase === phase);
  await sleep(1_000);
  const seen = await look(subject);
  assert.equal(seen.phase, phase);
  return seen;
}

function kill(subject: Subject, seen: Running) {
  return performKill(intentFor(seen, 'incarnation', seen.processes), portsOf(subject));
}

function portsOf({ supervisor }: Subject) {
  const { belongs } = supervisor;
  return createKillPorts(belongs ? { belongs: (target) => belongs.call(supervisor, target) } : {});
}

function intentFor(seen: Running, what: KillIntent['what'], list: readonly ProcessId[]): KillIntent {
  const targets = list.map(({ pid, startTicks }) => ({ pid, startTicks }));
  const about = {
    id: 'kill-1',
    service: 'svc',
    incidentId: 'incident-1',
    reason: 'contract',
    atMs: 0,
    wallMs: 0,
  };
  return { ...about, incarnation: seen.incarnation, what, targets };
}
