import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { KillIntent } from '../../../src/core/decision.js';
import type { Incarnation, ProcessId, UnitSnapshot } from '../../../src/core/types.js';
import { createKillPorts, performKill } from '../../../src/host/kill.js';
import { isAlive, readStat } from '../../../src/host/procfs/processes.js';
import { signalIfSame } from '../../../src/host/signal.js';
import type { Supervisor } from '../../../src/host/supervisor.js';
import { controlGroupOf } from '../../../src/host/systemd/cgroup.js';
import { createSystemdSupervisor } from '../../../src/host/systemd/supervisor.js';
import { eventually, freePort } from '../../fixtures/host-world.js';
import { admin } from './admin.js';
import { prepareUnits, startUnit } from './units.js';

// Runs inside the box, as jc: what only systemd can show.
await prepareUnits();

async function look(supervisor: Supervisor): Promise<UnitSnapshot> {
  const seen = await supervisor.inspect();
  if ('unknown' in seen) throw new Error(seen.unknown);
  return seen;
}

function running(
  supervisor: Supervisor,
  before?: ProcessId,
): Promise<UnitSnapshot & { incarnation: Incarnation }> {
  return eventually('a running incarnation', async () => {
    const seen = await supervisor.inspect();
    if ('unknown' in seen) return null; // a busy machine may not answer in time
    const { incarnation } = seen;
    return incarnation && incarnation.pid !== before?.pid ? { ...seen, incarnation } : null;
  });
}

function intentFor(incarnation: Incarnation, targets: ProcessId[]): KillIntent {
  const about = {
    id: 'kill-1',
    service: 'svc',
    incidentId: 'incident-1',
    reason: 'test',
    atMs: 0,
    wallMs: 0,
  };
  return { ...about, incarnation, what: 'incarnation', targets };
}

describe('aiming at a unit of systemd', () => {
  it('an orphan under KillMode=process is told from the next incarnation, which it keeps from the port', async (t) => {
    const port = await freePort();
    // The orphan holds the port, as a worker that inherited the listening socket does.
    const holder = `require('net').createServer().listen(${port}, '127.0.0.1')`;
    const main = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(holder)}]); setInterval(() => {}, 1e3)`;
    const { supervisor } = await startUnit(t, {
      port,
      service: [
        'Restart=on-failure',
        'KillMode=process',
        `ExecStart=${process.execPath} -e ${JSON.stringify(main)}`,
      ],
    });
    const before = await eventually('the port', async () => {
      const seen = await running(supervisor);
      return seen.portOwner.who === 'unit' && seen.processes.length === 2 ? seen : null;
    });
    assert.ok(signalIfSame(before.incarnation, 'SIGKILL'));
    const next = await running(supervisor, before.incarnation);
    const orphan = before.processes[1] as ProcessId;
    assert.ok(isAlive(orphan));
    assert.deepEqual(
      next.leftovers.map((left) => left.pid),
      [orphan.pid],
    );
    assert.ok(!next.processes.some((process) => process.pid === orphan.pid));
    assert.match(next.portOwner.text, new RegExp(`^pid ${orphan.pid} .*left over`));
  });

  it('a service that divides its cgroup is seen and killed whole', async (t) => {
    const inner = '/sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)/inner';
    const divide = `mkdir ${inner}; sleep infinity & echo $! >${inner}/cgroup.procs; wait`;
    const start = `ExecStart=/bin/sh -c '${divide.replaceAll('$', '$$$$')}'`;
    const service = ['Restart=on-failure', 'Delegate=yes', start];
    const { supervisor } = await startUnit(t, { port: null, service });
    const seen = await eventually('the child, in its own cgroup', async () => {
      const now = await running(supervisor);
      const child = now.processes[1];
      return child && controlGroupOf(child.pid)?.endsWith('/inner') ? { ...now, child } : null;
    });
    const ports = createKillPorts({ belongs: (target) => supervisor.belongs(target) });
    const report = await performKill(intentFor(seen.incarnation, seen.processes), ports);
    assert.equal(report.outcome, 'killed', report.detail);
    assert.ok(!isAlive(seen.incarnation) && !isAlive(seen.child));
    await running(supervisor, seen.incarnation);
  });

  it('a process of somebody else is shown and never signalled', async (t) => {
    const { supervisor } = await startUnit(t, { port: null, as: 'root', service: ['Restart=on-failure'] });
    const { incarnation } = await running(supervisor);
    const ports = createKillPorts({ belongs: (target) => supervisor.belongs(target) });
    const report = await performKill(intentFor(incarnation, [incarnation]), ports);
    assert.equal(report.outcome, 'not-permitted');
    assert.ok(isAlive(incarnation));
  });

  it('a process outside the unit is never signalled, whatever the list says', async (t) => {
    const one = await startUnit(t, { port: null, service: ['Restart=on-failure'] });
    const other = await startUnit(t, { port: null, service: ['Restart=on-failure'] });
    const { incarnation } = await running(one.supervisor);
    const stranger = (await running(other.supervisor)).incarnation;
    const ports = createKillPorts({ belongs: (target) => one.supervisor.belongs(target) });
    const report = await performKill(intentFor(incarnation, [incarnation, stranger]), ports);
    assert.equal(report.outcome, 'not-permitted');
    assert.ok(isAlive(stranger));
    assert.ok(!isAlive(incarnation));
  });
});

describe('looking at a unit of systemd', () => {
  it('knows after its own restart which starts there were', async (t) => {
    const { unit, supervisor } = await startUnit(t, { port: null, service: ['Restart=on-failure'] });
    const first = await running(supervisor);
    assert.ok(signalIfSame(first.incarnation, 'SIGKILL'));
    const second = await running(supervisor, first.incarnation);
    const again = createSystemdSupervisor({ unit, user: false, port: null, known: second });
    assert.deepEqual((await look(again)).recentStartsAtMs, second.recentStartsAtMs);
    const anew = createSystemdSupervisor({ unit, user: false, port: null });
    assert.equal((await look(anew)).recentStartsAtMs.length, 2);
  });

  it('a settings change shows in the fingerprint once systemd has read it', async (t) => {
    const { unit, supervisor } = await startUnit(t, { port: null, service: ['Restart=on-failure'] });
    const before = (await running(supervisor)).fingerprint;
    assert.equal(before?.Restart, 'on-failure');
    const folder = `/run/systemd/system/${unit}.d`;
    await admin(['/bin/sh', '-c', `mkdir ${folder} && printf '[Service]\\nRestart=no\\n' >${folder}/a.conf`]);
    assert.deepEqual((await look(supervisor)).fingerprint, before);
    await admin(['systemctl', 'daemon-reload']);
    const seen = await look(supervisor);
    assert.deepEqual(seen.fingerprint, { ...before, Restart: 'no' });
    assert.equal(seen.revivesAfterKill, false);
  });

  it('a calm look shows a stop, an end and the next start no later than any other', async (t) => {
    const service = ['Restart=on-failure', 'RestartSec=1s'];
    const { supervisor } = await startUnit(t, { port: null, service });
    const { incarnation } = await running(supervisor);
    const calm = async () => {
      const seen = await supervisor.inspect(true);
      return 'unknown' in seen ? assert.fail(seen.unknown) : seen;
    };
    assert.deepEqual((await calm()).incarnation, incarnation);
    assert.ok(signalIfSame(incarnation, 'SIGSTOP'));
    await eventually('state T', () => readStat(incarnation.pid)?.state === 'T');
    assert.equal((await calm()).processes[0]?.state, 'T');
    assert.ok(signalIfSame(incarnation, 'SIGKILL'));
    await eventually('its end', () => !isAlive(incarnation));
    assert.notDeepEqual((await calm()).incarnation, incarnation);
    const next = await eventually('the next', async () => (await calm()).incarnation);
    assert.notEqual(next.pid, incarnation.pid);
  });

  it('an unknown unit is not "down"', async () => {
    const seen = await createSystemdSupervisor({ unit: 'no-such', user: false, port: null }).inspect();
    assert.match('unknown' in seen ? seen.unknown : '', /knows no unit no-such\.service/);
  });

  it('a bus that does not answer is not "down" either, and costs 2 s', async (t) => {
    const { supervisor } = await startUnit(t, { port: null, service: ['Restart=on-failure'] });
    await running(supervisor);
    t.after(() => admin(['systemctl', 'kill', '--signal=SIGCONT', 'dbus.service']));
    await admin(['systemctl', 'kill', '--signal=SIGSTOP', 'dbus.service']);
    const seen = await supervisor.inspect();
    assert.match('unknown' in seen ? seen.unknown : '', /no answer within 2000 ms/);
    await admin(['systemctl', 'kill', '--signal=SIGCONT', 'dbus.service']);
    await running(supervisor);
  });
});
