import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DrillReport } from '../../../src/drill/report.js';
import { readStat } from '../../../src/host/procfs/processes.js';
import { signalIfSame } from '../../../src/host/signal.js';
import type { SystemdSupervisor } from '../../../src/host/systemd/supervisor.js';
import { BIN, type Box, openBox } from '../../e2e/box.js';
import { admin } from './admin.js';
import { prepareUnits, startUnit, takeName, type UnitOptions } from './units.js';

// Runs inside the box, as jc: drills on units of a real systemd, beside a resident guard and without one.
await prepareUnits();

const QUICK = `    probe:
      kind: http
      path: /work
      every: 300ms
      deadline: { min: 1s, max: 3s }
    guard:
      confirm: 100ms
      startup_grace: 2s
      idle_patience: 3s
`;
const RESTART = ['Restart=on-failure', 'RestartSec=300ms'];

interface Drilled {
  box: Box;
  unit: string;
  supervisor: SystemdSupervisor;
  /** `ninelives drill FAULT --config …` */
  drill(...argv: string[]): ReturnType<Box['run']>;
  mainPid(): Promise<number | null>;
}

async function unitToDrill(t: TestContext, options: Partial<UnitOptions> = {}): Promise<Drilled> {
  const unit = options.name ?? takeName();
  const user = options.user ?? false;
  const box = await openBox(`    unit: ${unit}\n${user ? '    user: true\n' : ''}${QUICK}`);
  t.after(() => box.close());
  const { supervisor } = await startUnit(t, { name: unit, port: box.port, service: RESTART, ...options });
  const where = ['--state', box.stateDir, '--config', `${box.stateDir}/ninelives.yaml`];
  return {
    box,
    unit,
    supervisor,
    drill: (...argv) => box.run('drill', ...argv, ...where),
    async mainPid() {
      const seen = await supervisor.inspect();
      return 'unknown' in seen ? null : (seen.incarnation?.pid ?? null);
    },
  };
}

function passed(ran: { code: number; stdout: string; stderr: string }): DrillReport {
  assert.notEqual(ran.stdout, '', ran.stderr);
  const report = JSON.parse(ran.stdout) as DrillReport;
  assert.deepEqual(report.why, [], JSON.stringify(report.timeline, null, 1));
  assert.deepEqual([ran.code, report.passed, report.restored], [0, true, true]);
  return report;
}

/** The command of the original account, word for word; nothing guards there before. */
async function originalExperiment(t: TestContext): Promise<void> {
  const unit = 'mteb-serving.service';
  const { box, mainPid, supervisor } = await unitToDrill(t, { name: unit });
  const before = await mainPid();
  const where = ['--unit', unit, '--url', `http://127.0.0.1:${box.port}`, '--kind', 'http'];
  const ran = await box.run('drill', 'crash', ...where, '--state', box.stateDir);
  assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  const story = [
    new RegExp(`^drill crash · mteb-serving · pid ${before}, killing it$`),
    /^steady state: 5 of 5 right answers, median \d+ ms, no other connections$/,
    new RegExp(`^killed at \\d\\d:\\d\\d:\\d\\dZ {2}SIGKILL to ${before}$`),
    /^\[\d+\.\ds\] active newPID=\d+$/,
    /^\[\d+\.\ds\] model loaded, serving$/,
    /^\[\d+\.\ds\] armed: a drill was revived to real work$/,
    /^passed: /,
  ];
  const lines = ran.stdout.split('\n');
  const found = story.map((pattern) => lines.findIndex((line) => pattern.test(line)));
  assert.ok(!found.includes(-1), `${found}\n${ran.stdout}`);
  assert.deepEqual(
    found,
    [...found].sort((a, b) => a - b),
    ran.stdout,
  );
  assert.match(ran.stdout, new RegExp(`newPID=${await mainPid()}$`, 'm'));

  // What was proved stays proved: a guard that comes later kills without having watched first.
  const status = await box.run('status', '--state', box.stateDir, '--json');
  const [service] = (JSON.parse(status.stdout) as { services: { power: string; proof: { by: string } }[] })
    .services;
  assert.deepEqual([service?.power, service?.proof.by], ['armed', 'drill']);
  const seen = await supervisor.inspect();
  const worker = 'unknown' in seen ? null : seen.processes.find((process) => !process.main);
  assert.ok(worker && signalIfSame(worker, 'SIGSTOP'));
  const pass = await box.run('guard', '--once', ...where, '--state', box.stateDir);
  assert.equal(pass.code, 0, pass.stdout + pass.stderr);
  const after = await supervisor.inspect();
  assert.equal('unknown' in after ? after.unknown : after.restarts, 2);
}

/** Whoever is asked what is proved: the guard's state as last committed. */
const proofOf = (box: Box) => box.status()?.proof?.by;

/** Some client that works on, as long as the test lasts. */
function keepBusy(t: TestContext, port: number): void {
  const over = new AbortController();
  t.after(() => over.abort());
  void (async () => {
    while (!over.signal.aborted) {
      const open = fetch(`http://127.0.0.1:${port}/work`, { signal: over.signal });
      await open.then((response) => response.text()).catch(() => {});
      await sleep(10);
    }
  })();
}

/** A drill that has struck and is still under way. */
async function struck(drilled: Drilled, ...argv: string[]): Promise<ChildProcess> {
  const { box } = drilled;
  const where = ['--state', box.stateDir, '--config', `${box.stateDir}/ninelives.yaml`];
  const child = spawn(process.execPath, [BIN, 'drill', ...argv, ...where], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  await box.until('the fault', () => {
    if (child.exitCode !== null) throw new Error(`the drill ended early: ${text}`);
    return /^(injected|killed) at/m.test(text);
  });
  return child;
}

describe('drills on units, with no guard resident', { concurrency: 4 }, () => {
  it("the original account's experiment as one command", originalExperiment);

  it('wedge: seen, killed once, revived; a later guard need not be shown again', async (t) => {
    const { box, drill } = await unitToDrill(t);
    const report = passed(await drill('wedge', '--json'));
    assert.deepEqual([report.incident?.kind, report.incident?.kills], ['hung', 1]);
    assert.notEqual(report.newPid, report.oldPid);
    assert.equal(proofOf(box), 'drill');
    box.start('guard');
    await box.untilServing();
    const worker = box.processes().find((process) => !process.main);
    assert.ok(worker && signalIfSame(worker, 'SIGSTOP'));
    await box.until('killed and healed', () => {
      const state = box.status();
      return state?.unit?.restarts === 2 && state.verdict.kind === 'serving' && state.incident === null;
    });
  });

  it('stubborn-child: what systemd alone would wait ten minutes for takes seconds', async (t) => {
    const service = [...RESTART, 'TimeoutStopSec=600'];
    const { drill } = await unitToDrill(t, { service, flags: ['--ignore-term'] });
    const report = passed(await drill('stubborn-child', '--json'));
    assert.equal(report.injection.processes.length, 2);
    assert.ok((report.times.restartMs ?? Number.POSITIVE_INFINITY) < 10_000);
  });

  it('killed in the middle, it still puts things back', async (t) => {
    const drilled = await unitToDrill(t, { user: true });
    const { box, supervisor } = drilled;
    const seen = await supervisor.inspect();
    assert.ok(!('unknown' in seen) && seen.incarnation);
    const freezing = await struck(drilled, 'freeze');
    const main = seen.incarnation;
    // SIGSTOP is sent by now; a process that waits for a core stops when it gets one.
    await box.until('stopped', () => readStat(main.pid)?.state === 'T');
    freezing.kill('SIGKILL');
    await once(freezing, 'close');
    await box.until('continued', () => readStat(main.pid)?.state !== 'T');
    const ending = await struck(drilled, 'term', '--really', '--force');
    ending.kill('SIGKILL');
    await once(ending, 'close');
    const again = await box.until('started again', async () => {
      const pid = await drilled.mainPid();
      return pid !== null && pid !== main.pid && pid;
    });
    assert.ok(again > 1);
  });
});

describe('drills on units, beside a guard that only watches', { concurrency: 3 }, () => {
  for (const fault of ['freeze', 'wedge']) {
    it(`${fault} carries a permit for one kill, and is a proof`, async (t) => {
      const { box, drill } = await unitToDrill(t);
      box.start('guard');
      await box.untilServing();
      assert.equal(box.status()?.power, 'watch-only');
      const report = passed(await drill(fault, '--json'));
      assert.equal(report.incident?.kills, 1);
      assert.deepEqual([box.status()?.power, proofOf(box)], ['armed', 'drill']);
    });
  }

  it('term and start-limit are explained on a system unit, whatever is said', async (t) => {
    const { drill, mainPid } = await unitToDrill(t);
    const before = await mainPid();
    for (const [fault, why] of [
      ['term', /intended stop.*That is why the remedy is SIGKILL/],
      ['start-limit', /sudo systemctl reset-failed/],
    ] as const) {
      const { code, stderr } = await drill(fault, '--really', '--force');
      assert.equal(code, 3, stderr);
      assert.match(stderr, why);
      assert.match(stderr, /untouched/);
    }
    assert.equal(await mainPid(), before);
  });
});

describe("drills on one's own units, and refusals", { concurrency: 3 }, () => {
  it("term on one's own unit: only with --really, and then put back", async (t) => {
    const { drill, mainPid } = await unitToDrill(t, { user: true });
    const before = await mainPid();
    const explained = await drill('term');
    assert.equal(explained.code, 3);
    assert.match(explained.stderr, /drill term --really/);
    assert.equal(await mainPid(), before);
    const report = passed(await drill('term', '--really', '--json'));
    assert.ok(report.timeline.some((row) => row.type === 'escalated' && /Nobody restarts it/.test(row.text)));
    assert.notEqual(await mainPid(), before);
  });

  it("start-limit on one's own unit: given up, told, and put back", async (t) => {
    // Five starts in ten seconds, the default, are more than a loaded machine manages.
    const limit = ['StartLimitBurst=3', 'StartLimitIntervalSec=600'];
    const { drill, supervisor } = await unitToDrill(t, { user: true, unit: limit });
    const report = passed(await drill('start-limit', '--really', '--json'));
    assert.equal(report.fault, 'crash-loop');
    assert.ok(report.timeline.some((row) => row.type === 'escalated'));
    const after = await supervisor.inspect();
    assert.equal('unknown' in after ? after.unknown : after.phase, 'active');
  });

  it('is refused while somebody else works with it, unless forced', async (t) => {
    const { box, drill, mainPid } = await unitToDrill(t);
    keepBusy(t, box.port);
    const before = await mainPid();
    const refused = await drill('crash');
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /in use: other clients are connected/);
    assert.equal(await mainPid(), before);
    passed(await drill('crash', '--force', '--json'));
  });

  it('is refused where no admin could start it again, unless forced', async (t) => {
    const { drill, mainPid, unit } = await unitToDrill(t);
    const folder = `/run/systemd/system/${unit}.d`;
    const drop = `mkdir ${folder} && printf '[Unit]\\nRefuseManualStart=yes\\n' >${folder}/a.conf`;
    await admin(['/bin/sh', '-c', drop]);
    await admin(['systemctl', 'daemon-reload']);
    const before = await mainPid();
    const refused = await drill('crash');
    assert.equal(refused.code, 3, refused.stderr);
    assert.match(refused.stderr, /no admin could repair/);
    assert.equal(await mainPid(), before);
    passed(await drill('crash', '--force', '--json'));
  });
});
