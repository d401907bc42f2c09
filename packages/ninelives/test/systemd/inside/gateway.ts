import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readStat } from '../../../src/host/procfs/processes.js';
import { signalIfSame } from '../../../src/host/signal.js';
import { parseShow } from '../../../src/host/systemd/show.js';
import { type Box, openBox } from '../../e2e/box.js';
import { fixture } from '../../fixtures/host-world.js';
import { crowd } from '../../gateway/stage.js';
import { closeInstalled, GATEWAY, SOCKET, UNIT_DIR } from './installed.js';
import { prepareUnits, startUnit, systemctlUser, takeName } from './units.js';

// Runs inside the box, as jc: the gateway lives by itself, as a user unit with a socket that outlives it.
await prepareUnits();

const CLIENTS = 8;

async function gatewayPid(): Promise<number> {
  const values = parseShow(await systemctlUser('show', GATEWAY, '--property=ActiveState,MainPID'));
  return values.get('ActiveState') === 'active' ? Number(values.get('MainPID')) : 0;
}

/** Clients ask without end while the gateway is ended in this way; what they tell. */
async function endedUnderLoad(
  box: Box,
  end: (pid: number) => Promise<unknown>,
): Promise<{ calls: number; failed: string[] }> {
  const clients = crowd(`http://127.0.0.1:${box.gatewayPort}`, CLIENTS);
  const atWork = () => box.until('at work', async () => ((await box.evidence())?.completions ?? 0) > 50);
  try {
    await atWork();
    const before = await gatewayPid();
    await end(before);
    await box.until('the next one', async () => {
      const pid = await gatewayPid();
      return pid > 1 && pid !== before;
    });
    await atWork(); // it counts from nought
  } finally {
    await clients.stop();
  }
  return clients.stop();
}

async function signalGateway(pid: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const stat = readStat(pid);
  assert.ok(stat && signalIfSame({ pid, startTicks: stat.startTicks }, signal));
}

describe('the gateway as a unit of its own, with socket activation', () => {
  it('SIGTERM fails no call under load; after SIGKILL no new connection is refused; leaves no trace', async (t) => {
    const unit = takeName();
    const box = await openBox(`    unit: ${unit}
    gateway: { port: GATE }
    probe: { kind: http, path: /work, every: 1s }
`);
    closeInstalled(t, box);
    const backend = [
      process.execPath,
      fixture('gateway-backend.mjs'),
      '--port',
      box.port,
      '--log',
      '/dev/null',
    ];
    const service = [`ExecStart=${backend.join(' ')}`, 'Restart=on-failure'];
    await startUnit(t, { name: unit, port: box.port, service });
    const config = ['--config', `${box.stateDir}/ninelives.yaml`, '--state', box.stateDir];
    const done = await box.run('install', ...config);
    assert.equal(done.code, 0, done.stdout + done.stderr);
    await box.untilServing();

    const drained = await endedUnderLoad(box, (pid) => signalGateway(pid, 'SIGTERM'));
    assert.deepEqual(drained.failed, []);
    const restarted = await endedUnderLoad(box, () => systemctlUser('restart', '--no-block', GATEWAY));
    assert.deepEqual(restarted.failed, []);

    const { calls, failed } = await endedUnderLoad(box, (pid) => signalGateway(pid, 'SIGKILL'));
    t.diagnostic(`SIGKILL under load: ${failed.length} of ${calls} calls lost, of ${CLIENTS} clients`);
    // What was on its way goes with it, one call a client at the most; whoever comes later waits in the socket.
    assert.ok(failed.length <= CLIENTS, failed.join('\n'));
    assert.deepEqual(
      failed.filter((line) => line.includes('ECONNREFUSED')),
      [],
    );
    const again = await box.run('install', ...config);
    assert.equal(again.code, 2, 'once is enough');
    assert.equal((await box.run('uninstall', '--state', box.stateDir)).code, 0);
    assert.deepEqual(
      [SOCKET, GATEWAY].filter((name) => existsSync(join(UNIT_DIR, name))),
      [],
    );
    await assert.rejects(fetch(`http://127.0.0.1:${box.gatewayPort}/`), 'nobody listens there any more');
  });
});
