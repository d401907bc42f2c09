import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { GuardState } from '../../../src/core/decision.js';
import type { ProcessSample } from '../../../src/core/types.js';
import type { DoctorRow } from '../../../src/doctor/row.js';
import { isAlive } from '../../../src/host/procfs/processes.js';
import { signalIfSame } from '../../../src/host/signal.js';
import { BIN, type Box, openBox } from '../../e2e/box.js';
import { admin } from './admin.js';
import { prepareUnits, startUnit, systemctlUser, takeName } from './units.js';

// Runs inside the box, as jc: the command line itself on units of a real systemd.
await prepareUnits();

const PROBE = `    probe:
      kind: http
      path: /work
      every: 300ms
      deadline: { min: 1s, max: 3s }
    guard:
      confirm: 100ms
      startup_grace: 2s
`;
const RESTART = ['Restart=on-failure', 'RestartSec=300ms'];

interface Guarded {
  box: Box;
  unit: string;
}

/** A unit in service, looked after by `ninelives guard`. */
async function guarded(
  t: TestContext,
  options: { user?: boolean; service?: string[]; flags?: string[]; args?: string[] } = {},
): Promise<Guarded> {
  const { user = false, service = RESTART, flags = [], args = [] } = options;
  const unit = takeName();
  const box = await openBox(`    unit: ${unit}\n${user ? '    user: true\n' : ''}${PROBE}`);
  t.after(() => box.close());
  await startUnit(t, { name: unit, user, port: box.port, service, flags });
  box.start('guard', ...args);
  await box.untilServing();
  await box.until('the worker, seen', () => box.processes().length === 2);
  return { box, unit };
}

/** Freezes what does the work and nothing else: /health goes on answering. */
async function wedge(box: Box): Promise<ProcessSample> {
  const worker = box.processes().find((process) => !process.main);
  assert.ok(worker && signalIfSame(worker, 'SIGSTOP'));
  return worker;
}

/** Serving again by another main process, with the incident closed. */
function healed(box: Box, before: GuardState): Promise<GuardState> {
  return box.until('serving again', () => {
    const now = box.status();
    const another = now?.life?.incarnation.pid !== before.life?.incarnation.pid;
    return now?.verdict.kind === 'serving' && now.incident === null && another && now;
  });
}

/** A timer of one's own that runs passes on this box, instead of cron. */
async function timerFor(t: TestContext, box: Box): Promise<void> {
  const name = `passes-${process.pid}`;
  const units = join(homedir(), '.config/systemd/user');
  const pass = `${process.execPath} ${BIN} guard --once --state ${box.stateDir}`;
  writeFileSync(join(units, `${name}.service`), `[Service]\nType=oneshot\nExecStart=${pass}\n`);
  writeFileSync(join(units, `${name}.timer`), '[Timer]\nOnActiveSec=1h\n');
  await systemctlUser('start', `${name}.timer`);
  t.after(() => systemctlUser('stop', `${name}.timer`));
}

const armed = (box: Box) => box.until('armed', () => box.status()?.power === 'armed');

describe('guard on a unit of systemd, as an ordinary user', { concurrency: 3 }, () => {
  for (const user of [false, true]) {
    const whose = user ? 'a user unit' : 'a system unit with User=';
    it(`${whose}: only watches a wedge until a crash was revived, then kills and sees it revived`, async (t) => {
      const { box } = await guarded(t, { user });
      assert.equal(box.status()?.power, 'watch-only');
      const first = await wedge(box);
      const watched = await box.until('the page instead of a kill', () => {
        const state = box.status();
        return state?.incident?.status === 'escalated' && state;
      });
      assert.ok(isAlive(first), 'nothing was killed without proof');
      assert.equal(watched.incident?.kills, 0);
      // The operator does what the page says, by hand: the main process, as in the original account.
      const main = watched.unit?.incarnation;
      assert.ok(main && signalIfSame(main, 'SIGKILL'));
      const proved = await healed(box, watched);
      await armed(box);
      await box.until('the new worker, seen', () => box.processes().length === 2);
      await wedge(box);
      await healed(box, proved);
      const incidents = await box.incidents();
      const last = incidents.at(-1);
      assert.deepEqual([last?.status, last?.kills, last?.kind], ['resolved', 1, 'hung']);
      assert.equal(box.status()?.unit?.restarts, 2);
    });
  }

  it('a worker that ignores SIGTERM does not hold up the restart, although systemd would wait for it', async (t) => {
    const service = [...RESTART, 'TimeoutStopSec=600'];
    const options = { service, flags: ['--ignore-term'], args: ['--arm-without-drill'] };
    const { box } = await guarded(t, options);
    await armed(box);
    const before = box.status() as GuardState;
    const worker = await wedge(box);
    await healed(box, before);
    assert.ok(!isAlive(worker));
    assert.equal((await box.incidents()).at(-1)?.kills, 1);
  });

  it('a drill is proof: crash, revived, armed', async (t) => {
    const { box } = await guarded(t);
    const { code, stdout, stderr } = await box.run('drill', 'crash', '--state', box.stateDir, '--json');
    assert.equal(code, 0, stdout + stderr);
    await armed(box);
    assert.equal(box.status()?.proof?.by, 'drill');
  });

  it('is disarmed by a change of the settings, and kills no more', async (t) => {
    const { box, unit } = await guarded(t, { args: ['--arm-without-drill'] });
    await armed(box);
    const folder = `/run/systemd/system/${unit}.d`;
    await admin(['/bin/sh', '-c', `mkdir ${folder} && printf '[Service]\\nRestart=no\\n' >${folder}/a.conf`]);
    await admin(['systemctl', 'daemon-reload']);
    await box.until('disarmed', () => box.status()?.power === 'watch-only');
    await box.until('it is said', () => box.output().includes('Restart: on-failure → no'));
    const worker = await wedge(box);
    await box.until('the page', () => box.status()?.incident?.status === 'escalated');
    assert.ok(isAlive(worker));
  });
});

describe('what a person is told of a unit of systemd', { concurrency: 3 }, () => {
  it('pages what an admin must type when the unit was stopped, and kills nothing', async (t) => {
    const { box, unit } = await guarded(t, { args: ['--arm-without-drill'] });
    await admin(['systemctl', 'stop', unit]);
    const stopped = await box.until('the page', () => {
      const state = box.status();
      return state?.incident?.status === 'escalated' && state;
    });
    assert.equal(stopped.verdict.kind, 'stopped');
    assert.ok(stopped.incident?.escalations.length === 1);
    // The record comes first, and the terminal after it.
    await box.until('it is said', () => box.output().includes(`sudo systemctl start ${unit}`));
    await admin(['systemctl', 'start', unit]);
    await box.untilServing();
    assert.equal((await box.incidents()).at(-1)?.kills, 0);
  });

  it('doctor says whether a kill would be revived, and exits by it', async (t) => {
    const { box, unit } = await guarded(t);
    const ask = async () => {
      const flags = ['--state', box.stateDir, '--config', `${box.stateDir}/ninelives.yaml`, '--json'];
      const { code, stdout, stderr } = await box.run('doctor', ...flags);
      assert.notEqual(stdout, '', stderr);
      const { rows } = JSON.parse(stdout) as { rows: DoctorRow[] };
      return { code, level: (id: string) => rows.find((row) => row.id === id)?.level, rows };
    };
    const sound = await ask();
    assert.equal(sound.code, 0, JSON.stringify(sound.rows));
    for (const id of ['restart', 'owner', 'main', 'port', 'probe']) assert.equal(sound.level(id), 'ok', id);
    assert.equal(sound.level('guard'), 'warn', 'nobody starts this one again');
    await timerFor(t, box);
    await box.until('its timer, seen', async () => {
      const row = (await ask()).rows.find(({ id }) => id === 'guard');
      return row?.level === 'ok' && row.read === `passes-${process.pid}.timer`;
    });
    await admin(['tee', '--append', `/etc/systemd/system/${unit}`], 'SuccessExitStatus=SIGKILL\n');
    assert.equal((await ask()).level('reload'), 'warn');
    await admin(['systemctl', 'daemon-reload']);
    const broken = await ask();
    assert.equal(broken.code, 1);
    for (const id of ['restart', 'success']) assert.equal(broken.level(id), 'fail', id);
  });
});
