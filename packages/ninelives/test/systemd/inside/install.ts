import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GuardState } from '../../../src/core/decision.js';
import type { Incarnation } from '../../../src/core/types.js';
import { readStat } from '../../../src/host/procfs/processes.js';
import { signalIfSame } from '../../../src/host/signal.js';
import { parseShow } from '../../../src/host/systemd/show.js';
import { createSystemdSupervisor } from '../../../src/host/systemd/supervisor.js';
import { type Box, FIXTURE_SERVER, openBox } from '../../e2e/box.js';
import { freePort } from '../../fixtures/host-world.js';
import { admin } from './admin.js';
import { anotherUser } from './another-user.js';
import { closeInstalled, GUARD, UNIT_DIR } from './installed.js';
import { prepareUnits, startUnit, startUnitFrom, systemctlUser, takeName } from './units.js';

// Runs inside the box, as jc: the guard lives on by itself, as a user unit.
await prepareUnits();

const UNIT_FILE = join(UNIT_DIR, GUARD);
const WANTS = join(UNIT_DIR, 'default.target.wants');
const SERVICE = `    probe:
      kind: http
      path: /work
      every: 300ms
      deadline: { min: 2s, max: 4s }
    guard:
      confirm: 100ms
      startup_grace: 2s
      kills: 10
`;

/** Far longer than a busy machine keeps a guard from its rounds: then it ends only what is frozen. */
const WATCHDOG_S = 20;

/** What the user's manager says of the guard's unit. */
async function guardNow(): Promise<{ active: string; pid: number; restarts: number; result: string }> {
  const properties = 'ActiveState,MainPID,NRestarts,Result';
  const values = parseShow(await systemctlUser('show', GUARD, `--property=${properties}`));
  return {
    active: values.get('ActiveState') ?? '',
    pid: Number(values.get('MainPID')),
    restarts: Number(values.get('NRestarts')),
    result: values.get('Result') ?? '',
  };
}

/** A unit in service, and a config that names it. */
async function unitToGuard(t: TestContext): Promise<Box> {
  const unit = takeName();
  const box = await openBox(`    unit: ${unit}\n${SERVICE}`);
  closeInstalled(t, box);
  const service = ['Restart=on-failure', 'RestartSec=300ms'];
  await startUnit(t, { name: unit, port: box.port, unit: ['StartLimitIntervalSec=0'], service });
  return box;
}

const installing = (box: Box, ...flags: string[]) =>
  box.run('install', '--config', `${box.stateDir}/ninelives.yaml`, '--state', box.stateDir, ...flags);

function crontab(): Promise<string> {
  return new Promise((done) => execFile('crontab', ['-l'], (error, stdout) => done(error ? '' : stdout)));
}

/** Another process of the guard's unit, ready again, which goes on with the same service. */
async function revivedGuard(box: Box, before: { pid: number }) {
  return box.until('the guard, revived', async () => {
    const now = await guardNow();
    return now.active === 'active' && now.pid > 1 && now.pid !== before.pid && now;
  });
}

async function signalGuard(pid: number, signal: 'SIGKILL' | 'SIGSTOP' | 'SIGABRT'): Promise<void> {
  const stat = readStat(pid);
  assert.ok(stat && signalIfSame({ pid, startTicks: stat.startTicks }, signal));
}

/** Freezes what does the work of the service, and waits until the installed guard has healed it. */
async function wedgeIsHealed(box: Box, meanwhile: () => Promise<void> = async () => {}): Promise<GuardState> {
  const before = (await box.untilServing()).life?.incarnation as Incarnation;
  const worker = await box.until('the worker, seen', () => {
    const [main, child] = box.processes();
    return main?.pid === before.pid && child;
  });
  assert.ok(signalIfSame(worker, 'SIGSTOP'));
  await meanwhile();
  return box.until('healed', () => {
    const now = box.status();
    const another = now?.life?.incarnation.pid !== before.pid;
    return now?.verdict.kind === 'serving' && now.incident === null && another && now;
  });
}

describe('the guard as a user unit', () => {
  it('install --print changes nothing', async (t) => {
    const box = await unitToGuard(t);
    const before = { state: readdirSync(box.stateDir), crontab: await crontab() };
    for (const way of [[], ['--cron']]) {
      const { code, stdout } = await installing(box, '--print', ...way);
      assert.equal(code, 0, stdout);
      assert.match(stdout, way.length > 0 ? /^\+ \*\/2 \* \* \* \* .*guard --once/m : /^\+ ExecStart=/m);
    }
    assert.ok(!existsSync(UNIT_FILE));
    assert.deepEqual({ state: readdirSync(box.stateDir), crontab: await crontab() }, before);
  });
});

async function livesOn(t: TestContext): Promise<void> {
  const box = await unitToGuard(t);
  const hadWants = existsSync(WANTS);
  const done = await installing(box, '--watchdog', `${WATCHDOG_S}s`);
  assert.equal(done.code, 0, done.stdout + done.stderr);
  assert.match(done.stdout, /NOT ARMED/);
  const first = await guardNow();
  assert.deepEqual([first.active, first.restarts], ['active', 0]);
  const asked = await box.run(
    'doctor',
    '--config',
    `${box.stateDir}/ninelives.yaml`,
    '--state',
    box.stateDir,
  );
  assert.match(asked.stdout, new RegExp(`ok.* guard .*${GUARD} \\(pid ${first.pid}\\), Restart=always`));

  const again = await installing(box);
  assert.equal(again.code, 2);
  assert.match(again.stderr, /installed already/);
  const elsewhere = await box.run(
    'install',
    ...['--config', `${box.stateDir}/ninelives.yaml`, '--state', `${box.stateDir}/other`],
  );
  assert.equal(elsewhere.code, 2, 'one guard an account, whatever its state folder');

  await box.untilServing();
  const drill = await box.run('drill', 'crash', '--state', box.stateDir, '--json');
  assert.equal(drill.code, 0, drill.stdout + drill.stderr);
  assert.equal(box.status()?.power, 'armed');
  await wedgeIsHealed(box);

  // Killed, in the middle of an incident: what it began, the next one ends.
  await wedgeIsHealed(box, async () => {
    await box.until('the incident', () => box.status()?.incident !== null);
    await signalGuard((await guardNow()).pid, 'SIGKILL');
  });
  const second = await revivedGuard(box, first);
  const healed = (await box.incidents()).filter((incident) => incident.drill === null);
  assert.deepEqual(
    healed.map(({ kind, status, kills }) => [kind, status, kills]),
    [
      ['hung', 'resolved', 1],
      ['hung', 'resolved', 1],
    ],
  );

  // Frozen: only its watchdog can tell.
  await signalGuard(second.pid, 'SIGSTOP');
  const third = await revivedGuard(box, second);
  // Crashed.
  await signalGuard(third.pid, 'SIGABRT');
  const fourth = await revivedGuard(box, third);
  const shown = await systemctlUser('status', '--no-pager', '--lines=30', GUARD);
  assert.equal(fourth.restarts, 3, `fell by itself, or was ended by its watchdog:\n${shown}`);
  assert.equal((await box.untilServing()).power, 'armed', 'the proof is on record');
  await wedgeIsHealed(box);

  const gone = await box.run('uninstall', '--state', box.stateDir);
  assert.equal(gone.code, 0, gone.stderr);
  assert.deepEqual(
    [existsSync(UNIT_FILE), existsSync(WANTS), existsSync(join(box.stateDir, 'install.json'))],
    [false, hadWants, false],
  );
  const now = await systemctlUser('show', GUARD, '--property=LoadState,ActiveState');
  assert.equal(now, 'LoadState=not-found\nActiveState=inactive\n');
  assert.ok(existsSync(join(box.stateDir, 'record.db')), 'the record stays');
  assert.equal((await box.run('uninstall', '--state', box.stateDir)).code, 2);
}

async function forAnother(t: TestContext): Promise<void> {
  const port = await freePort();
  const { unit } = await startUnit(t, { port, service: ['Restart=on-failure'] });
  const ann = await anotherUser(t, 'ann');
  const linger = '/var/lib/systemd/linger/ann';
  const before = await admin(['find', '/home/ann']);
  assert.ok(!existsSync(linger));
  const service = ['--unit', unit, '--url', `http://127.0.0.1:${port}`, '--kind', 'http'];
  await ann.ninelives('install', ...service, '--watchdog', `${WATCHDOG_S}s`);
  assert.ok(existsSync(linger));
  const uid = (await admin(['id', '-u', 'ann'])).trim();
  const show = ['show', GUARD, '--property=ActiveState,MainPID,NRestarts'];
  const manager = `XDG_RUNTIME_DIR=/run/user/${uid}`;
  const look = () => ann.as('env', manager, 'systemctl', '--user', ...show);
  const running = await look();
  assert.match(running, /^ActiveState=active$/m);
  await sleep(2_500 * WATCHDOG_S);
  assert.equal(await look(), running);
  const status = JSON.parse(await ann.ninelives('status', '--json')) as { healthy: boolean };
  assert.equal(status.healthy, true);
  await ann.ninelives('uninstall');
  assert.ok(!existsSync(linger));
  const state = /^\/home\/ann\/\.local(\/|$)/;
  const after = (await admin(['find', '/home/ann'])).split('\n').filter((path) => !state.test(path));
  assert.deepEqual(after.sort(), before.split('\n').sort(), 'only the record stays');
}

/** The unit that `install --service` prints, as it is: doctor has nothing to mend, and a SIGKILL is revived. */
async function itsOwnUnit(t: TestContext, user: boolean): Promise<void> {
  const port = await freePort();
  const unit = takeName();
  const box = await openBox('');
  t.after(() => box.close());
  const whose = user ? ['--user'] : [];
  const command = ['--', process.execPath, FIXTURE_SERVER, '--port', String(port)];
  const printed = await box.run('install', '--service', '--name', unit, ...whose, ...command);
  assert.equal(printed.code, 0, printed.stderr);
  await startUnitFrom(t, { unit, user, text: printed.stdout });
  const url = `http://127.0.0.1:${port}`;
  const doctor = ['doctor', '--unit', unit, ...whose, '--url', url, '--state', box.stateDir, '--json'];
  const rows = await box.until('the port is its own', async () => {
    const { stdout } = await box.run(...doctor);
    const { rows: all } = JSON.parse(stdout) as { rows: { id: string; level: string; read: string }[] };
    return all.some(({ id, level }) => id === 'port' && level === 'ok') && all;
  });
  const toMend = rows.filter(({ level }) => level !== 'ok').map(({ id }) => id);
  assert.deepEqual(
    toMend.filter((id) => id !== 'guard' && id !== 'layers'),
    [],
    JSON.stringify(rows),
  );
  const supervisor = createSystemdSupervisor({ unit, user, port });
  const look = async () => {
    const seen = await supervisor.inspect();
    return 'unknown' in seen ? null : seen;
  };
  const main = (await look())?.incarnation;
  assert.ok(main && signalIfSame(main, 'SIGKILL'));
  await box.until('revived', async () => {
    const now = await look();
    return now?.restarts === 1 && now.incarnation !== null;
  });
}

async function withItsService(t: TestContext): Promise<void> {
  const command = JSON.stringify([process.execPath, FIXTURE_SERVER, '--port', 'PORT']);
  const box = await openBox(`    command: ${command}\n    restart: { start_limit_burst: 20 }\n${SERVICE}`);
  closeInstalled(t, box);
  assert.match((await installing(box, '--cron')).stderr, /cron can't run svc/);
  const { code, stderr } = await installing(box);
  assert.equal(code, 0, stderr);
  const first = await guardNow();
  const serving = await box.untilServing();
  await signalGuard(first.pid, 'SIGKILL');
  await revivedGuard(box, first);
  await box.until('another look', () => (box.status()?.unitAtMs ?? 0) > serving.unitAtMs);
  assert.deepEqual((await box.untilServing()).life?.incarnation, serving.life?.incarnation, 'it lived on');
  await wedgeIsHealed(box);
  assert.equal((await box.run('uninstall', '--state', box.stateDir)).code, 0);
  assert.deepEqual(box.alive(), [], 'stopped with its guard');
}

describe('the guard, installed', { concurrency: 2 }, () => {
  it(
    'runs, heals, is revived however it falls, goes on from its record, and leaves without a trace',
    livesOn,
  );
  it(
    'for one without a user manager: brings it up, is fed by its rounds, and puts everything back',
    forAnother,
  );
});

describe('the unit that install --service prints', { concurrency: 2 }, () => {
  it('for an admin', (t) => itsOwnUnit(t, false));
  it("for one's own manager", (t) => itsOwnUnit(t, true));
});

describe('the guard of what ninelives itself runs, installed', () => {
  it('its service lives on when the guard is killed, and is adopted', withItsService);
});
