import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import type { Incident } from '../../../src/core/decision.js';
import type { DoctorRow } from '../../../src/doctor/row.js';
import { lockOwner } from '../../../src/host/lock.js';
import { isAlive, readStat } from '../../../src/host/procfs/processes.js';
import { signalIfSame } from '../../../src/host/signal.js';
import { type Box, openBox } from '../../e2e/box.js';
import { eventually, freePort } from '../../fixtures/host-world.js';
import { admin } from './admin.js';
import { type AnotherUser, anotherUser } from './another-user.js';
import { prepareUnits, startUnit, takeName } from './units.js';

// Runs inside the box: passes of `guard --once`, from Debian's cron and by hand.
await prepareUnits();

const RESTART = ['Restart=on-failure', 'RestartSec=300ms'];
const QUICK = `    probe:
      kind: http
      path: /work
      every: 300ms
      deadline: { min: 1s, max: 3s }
    guard:
      confirm: 100ms
      idle_patience: 2s
      startup_grace: 2s
`;

/** The account of a user who was never here: no session, no linger, no user manager. */
async function healedByCron(t: TestContext): Promise<void> {
  const bea = await anotherUser(t, 'bea');
  const port = await freePort();
  const { unit, supervisor } = await startUnit(t, { port, as: 'bea', service: RESTART });
  const config = `${bea.home}/ninelives.yaml`;
  const yaml = `version: 1\nservices:\n  - name: svc\n    port: ${port}\n    unit: ${unit}\n${QUICK}`;
  await admin(['tee', config], yaml);
  await bea.as('/bin/sh', '-c', "echo '# her own' | crontab -");
  // At its end it offers the drill that arms it. Who declines is told in red what that means.
  const install = ['install', '--cron', '--config', config];
  const declined = await bea.atTerminal(install, 'n\n');
  assert.match(declined, /Prove the recovery of svc now: one SIGKILL/);
  assert.ok(declined.includes('\u001b[31mNOT ARMED: svc is only watched'), declined);
  await bea.ninelives('uninstall');
  const installed = await bea.atTerminal(install, 'y\n');
  assert.match(installed, /passed\S*: its supervisor starts it again/);
  assert.doesNotMatch(installed, /NOT ARMED/);
  assert.deepEqual(await guardRow(bea, config), [
    'warn',
    'crontab: */2 * * * * guard --once, and no cron runs here',
  ]);
  await bea.as('/bin/sh', '-c', "crontab -l | sed 's|^[*]/2 |* |' | crontab -"); // every minute, for the test's sake
  assert.match(await bea.as('crontab', '-l'), /^\* \* \* \* \* .* guard --once .*# ninelives guard$/m);
  const look = async () => {
    const seen = await supervisor.inspect();
    return 'unknown' in seen ? null : seen; // a busy machine may not answer in time
  };
  const pids = (await admin(['cat', `/sys/fs/cgroup/system.slice/${unit}/cgroup.procs`])).trim().split('\n');
  const { incarnation: before } = await eventually('a look at it', look, 30_000);
  const worker = pids.map(Number).find((pid) => pid !== before?.pid);
  assert.ok(before && worker);
  await bea.as('/bin/sh', '-c', `kill -STOP ${worker}`);
  await admin(['systemctl', 'start', 'cron']);
  assert.deepEqual(await guardRow(bea, config), ['ok', 'crontab: * * * * * guard --once']);
  const after = await eventually(
    'healed by a pass from cron',
    async () => {
      const now = await look();
      return now?.restarts === 2 && now.incarnation !== null ? now : null;
    },
    150_000,
    1_000,
  );
  assert.notEqual(after.incarnation?.pid, before.pid);
  const incident = await eventually(
    'the end of that pass',
    async () => {
      const all = JSON.parse(await bea.ninelives('incidents', '--json')) as Incident[];
      const incidents = all.filter(({ drill }) => drill === null);
      const [first] = incidents;
      assert.equal(incidents.length, 1);
      return first?.status === 'resolved' ? first : null;
    },
    150_000,
    1_000,
  );
  assert.deepEqual([incident.kind, incident.kills], ['hung', 1]);
  // Each pass begins it anew, and has said nothing yet when it has just begun.
  await eventually(
    'what a pass says',
    async () => {
      const said = await bea.as('cat', `${bea.home}/.local/state/ninelives/guard-once.log`);
      return /svc|resolved|serving/.test(said) || null;
    },
    150_000,
    1_000,
  );
  const uid = (await admin(['id', '-u', 'bea'])).trim();
  assert.ok(
    !existsSync('/var/lib/systemd/linger/bea') && !existsSync(`/run/user/${uid}`),
    'no linger needed',
  );
  await bea.ninelives('uninstall');
  assert.equal(await bea.as('crontab', '-l'), '# her own\n');
}

/** What doctor says of who keeps the guard going. */
async function guardRow(bea: AnotherUser, config: string): Promise<[string, string] | null> {
  const { rows } = JSON.parse(await bea.ninelives('doctor', '--config', config, '--json')) as {
    rows: DoctorRow[];
  };
  const row = rows.find(({ id }) => id === 'guard');
  return row ? [row.level, row.read] : null;
}

async function unitToGuard(t: TestContext): Promise<Box> {
  const unit = takeName();
  const box = await openBox(`    unit: ${unit}\n${QUICK}`);
  t.after(() => box.close());
  await startUnit(t, { name: unit, port: box.port, service: RESTART });
  assert.equal((await pass(box, '--arm-without-drill')).code, 0);
  return box;
}

function pass(box: Box, ...flags: string[]) {
  const where = ['--state', box.stateDir, '--config', `${box.stateDir}/ninelives.yaml`];
  return box.run('guard', '--once', ...where, ...flags);
}

function wedge(box: Box): void {
  const worker = box.processes().find((process) => !process.main);
  assert.ok(worker && signalIfSame(worker, 'SIGSTOP'));
}

/** One that was started by hand and is then held in the middle of its work. */
async function frozenPass(box: Box) {
  box.start('guard', '--once');
  const owner = await box.until('a pass at work', () => lockOwner(box.stateDir));
  assert.ok(signalIfSame(owner, 'SIGSTOP'));
  await box.until('it is stopped', () => readStat(owner.pid)?.state === 'T');
  return owner;
}

describe('passes of guard --once', { concurrency: 3 }, () => {
  it('from cron heal a wedged unit, without a login, a linger or a user manager', healedByCron);

  it('armed without a drill it says so for ever; a frozen pass is ended by the next one, which heals', async (t) => {
    const box = await unitToGuard(t);
    const { proof } = box.status() ?? {};
    assert.deepEqual([proof?.by, typeof proof?.operator], ['word', 'string'], 'whose word is on record');
    const status = await box.run('status', '--state', box.stateDir);
    assert.match(status.stdout, /armed without a proof; prove it: ninelives drill crash/);
    wedge(box);
    const frozen = await frozenPass(box);
    const { code, stdout, stderr } = await pass(box);
    assert.equal(code, 0, stdout + stderr);
    assert.ok(!isAlive(frozen));
    const incidents = await box.incidents();
    assert.deepEqual(
      incidents.map(({ status, kills }) => [status, kills]),
      [['resolved', 1]],
    );
  });

  it('passes that overlap are harmless: one heals, the others say so and leave', async (t) => {
    const box = await unitToGuard(t);
    wedge(box);
    const passes = await Promise.all([pass(box), pass(box), pass(box)]);
    const said = passes.map(({ stdout, stderr }) => stdout + stderr).join('---\n');
    assert.equal(passes.filter(({ stdout }) => /nothing to do/.test(stdout)).length, 2, said);
    assert.deepEqual(
      passes.map(({ code }) => code),
      [0, 0, 0],
      said,
    );
    const [incident, ...others] = await box.incidents();
    assert.deepEqual([incident?.status, incident?.kills, others.length], ['resolved', 1, 0]);
    assert.equal(box.status()?.unit?.restarts, 1);
  });
});
