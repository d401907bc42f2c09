import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { DrillReport } from '../../src/drill/report.js';
import { sleep } from '../../src/host/clock.js';
import { isAlive, readStat } from '../../src/host/procfs/processes.js';
import { signalIfSame } from '../../src/host/signal.js';
import { openRecord } from '../../src/record/sqlite.js';
import { BIN, type Box, openBox } from '../e2e/box.js';

/** Quick, and with room for the kills and starts of a whole row of drills. */
const SERVICE = `    embedder: {}
    probe:
      every: 300ms
      deadline: { min: 1s, max: 3s }
    guard:
      confirm: 100ms
      failure_threshold: 2
      kills: 4
      window: 1s
      slow: 1s
      slow_max: 1s
`;

describe('drills on the real embedder, beside a resident guard', () => {
  let box: Box;
  let up: ChildProcess;
  before(async () => {
    box = await openBox(SERVICE);
    up = box.start();
    await box.untilServing();
  });
  after(() => box.close());

  /** A drill to its end, with the report that it printed. */
  async function drill(fault: string, ...flags: string[]): Promise<DrillReport> {
    await box.untilServing();
    const { code, stdout, stderr } = await box.run(
      'drill',
      fault,
      '--state',
      box.stateDir,
      '--json',
      ...flags,
    );
    assert.notEqual(stdout, '', stderr);
    const report = JSON.parse(stdout) as DrillReport;
    assert.deepEqual(report.why, []);
    assert.equal(code, 0);
    assert.equal(report.passed, true);
    assert.equal(report.restored, true);
    assert.equal((await box.embed()).status, 200);
    return report;
  }

  /** A drill that is still under way: its fault was injected. */
  async function drillUnderWay(fault: string): Promise<ChildProcess> {
    await box.untilServing();
    // Forced: it need not wait for the start limit's window to pass.
    const argv = [BIN, 'drill', fault, '--force', '--state', box.stateDir];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    child.stderr.on('data', (chunk) => (text += chunk));
    await box.until('the fault', () => {
      if (child.exitCode !== null) throw new Error(`the drill ended early: ${text}`);
      return /^(injected|killed) at/m.test(text);
    });
    return child;
  }

  it('wedge: the guard sees it although /health says 200 all the while', async () => {
    const report = await drill('wedge');
    const { detectMs, killMs, restartMs, serveMs, outageMs } = report.times;
    assert.ok(detectMs !== null && killMs !== null && restartMs !== null && serveMs !== null);
    assert.ok(detectMs <= killMs && restartMs <= serveMs && killMs < (outageMs ?? 0));
    const health = report.cheap.find(({ path }) => path === '/health');
    assert.ok(health && health.asked > 5);
    assert.deepEqual(health.statuses, { '200': health.asked });
    assert.equal(report.incident?.status, 'resolved');
    assert.equal(report.incident?.kills, 1);
    assert.equal(report.incident?.kind, 'hung');
    assert.notEqual(report.newPid, report.oldPid);
    const record = openRecord(join(box.stateDir, 'record.db'));
    try {
      const incident = record.incidents({ service: 'svc' }).find(({ id }) => id === report.incident?.id);
      assert.deepEqual(incident?.drill, { drillId: report.drillId, fault: 'wedge' });
      const kept = record.drills('svc').find(({ id }) => id === report.drillId);
      assert.equal(kept?.passed, true);
      assert.deepEqual(kept?.report, report);
    } finally {
      record.close();
    }
  });

  it('freeze: even the cheap endpoints are silent, and the killed process is the frozen one', async () => {
    const report = await drill('freeze');
    assert.equal(report.incident?.kind, 'frozen');
    assert.equal(report.incident?.kills, 1);
    assert.equal(report.injection.processes.length, 2);
    assert.equal(report.injection.processes[0]?.pid, report.oldPid);
    for (const tally of report.cheap) assert.deepEqual(tally.statuses, {});
  });

  it('crash: its supervisor revives it, and the guard kills nothing', async () => {
    const report = await drill('crash');
    assert.equal(report.times.killMs, null);
    assert.ok(report.times.restartMs !== null && report.times.serveMs !== null);
    assert.equal(report.incident?.kills ?? 0, 0);
  });

  it('term: stays down until we start it', async () => {
    const report = await drill('term');
    const [down, back] = ['escalated', 'restored'].map((type) =>
      report.timeline.findIndex((row) => row.type === type),
    );
    const restart = report.timeline.findIndex((row) => row.type === 'incarnation');
    assert.ok(down !== undefined && back !== undefined && down >= 0 && down < back && back < restart);
  });

  it('crash-loop: ends failed at the start limit, and somebody is told', async () => {
    const report = await drill('crash-loop');
    const killed = report.timeline.filter((row) => row.type === 'killed');
    assert.ok(killed.length >= 2 && killed.length <= 6, `${killed.length} kills with a start limit of 5`);
    assert.ok(report.timeline.some((row) => row.type === 'escalated' && /gave up/.test(row.text)));
    assert.equal(report.incident?.status, 'resolved');
  });

  it('Ctrl-C in the middle puts everything back and says so', async () => {
    const child = await drillUnderWay('freeze');
    const tree = box.processes();
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    assert.equal(code, 1);
    assert.equal((await box.embed()).status, 200, 'it serves when the drill has ended');
    for (const id of tree) assert.notEqual(readStat(id.pid)?.state, 'T');
  });

  it('SIGKILL of the drill wakes what it froze', async () => {
    const child = await drillUnderWay('wedge');
    const engine = box.processes().find((process) => !process.main);
    assert.ok(engine);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await box.until('the engine runs again', () => !isAlive(engine) || readStat(engine.pid)?.state !== 'T');
    await box.untilServing();
  });

  it('SIGKILL of the drill has the service started that it ended', async () => {
    const child = await drillUnderWay('term');
    await box.until('the service is down', () => box.status()?.verdict.kind === 'stopped');
    child.kill('SIGKILL');
    await box.untilServing();
    assert.equal((await box.embed()).status, 200);
  });

  it('refuses while somebody else uses the service, and goes on when forced', async () => {
    await box.untilServing();
    const pid = box.status()?.life?.incarnation.pid;
    const over = new AbortController();
    const client = (async () => {
      while (!over.signal.aborted) {
        // Refused while it restarts.
        await box.embed().then(
          (response) => response.arrayBuffer(),
          () => sleep(20),
        );
      }
    })();
    try {
      const { code, stderr } = await box.run('drill', 'crash', '--state', box.stateDir);
      assert.equal(code, 1);
      assert.match(stderr, /svc is untouched: it is in use: \d+ pieces of work/);
      assert.match(stderr, /--force/);
      assert.equal(box.status()?.life?.incarnation.pid, pid);
      const report = await drill('crash', '--force');
      assert.equal(report.steadyState.traffic.seen, 'some');
    } finally {
      over.abort();
      await client;
    }
  });

  it('refuses on a sick service and while the guard is paused', async () => {
    await box.untilServing();
    assert.equal((await box.run('pause', '--state', box.stateDir)).code, 0);
    const engine = box.processes().find((process) => !process.main);
    assert.ok(engine);
    try {
      const paused = await box.run('drill', 'wedge', '--state', box.stateDir);
      assert.equal(paused.code, 1);
      assert.match(paused.stderr, /the guard is paused/);
      assert.ok(signalIfSame(engine, 'SIGSTOP'));
      await box.until('the guard sees it', () => box.status()?.verdict.kind === 'hung');
      const sick = await box.run('drill', 'crash', '--state', box.stateDir);
      assert.equal(sick.code, 1);
      assert.match(sick.stderr, /it is not serving: hung/);
    } finally {
      signalIfSame(engine, 'SIGCONT');
      await box.run('resume', '--state', box.stateDir);
    }
    await box.untilServing();
  });

  it('exits 2 for a fault that there is not, 3 where nothing is guarded or no guard runs', async () => {
    const unknown = await box.run('drill', 'wedgy', '--state', box.stateDir);
    assert.equal(unknown.code, 2);
    assert.match(unknown.stderr, /wedge, freeze, crash, stubborn-child, term, crash-loop/);
    const empty = join(box.stateDir, 'empty');
    assert.equal((await box.run('drill', 'wedge', '--state', empty)).code, 3);
    up.kill('SIGTERM');
    await once(up, 'exit');
    const alone = await box.run('drill', 'crash', '--state', box.stateDir);
    assert.equal(alone.code, 3);
    assert.match(alone.stderr, /no guard is looking after svc.*\n.*ninelives up/);
  });
});
