import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ProcessId } from '../../src/core/types.js';
import { isAlive, listStats, readCmdline } from '../../src/host/procfs/processes.js';
import { type Box, openBox, QUICK } from './box.js';

const BACKEND = fileURLToPath(new URL('../../../test/fixtures/gateway-backend.mjs', import.meta.url));

/** A small real server behind a real gateway, both run by a real `up`. */
const serviceWith = (flags: string) =>
  `    command: [${JSON.stringify(process.execPath)}, ${JSON.stringify(BACKEND)}, --port, "PORT", --log, copies${flags}]
    gateway: { port: GATE }${QUICK.replace('probe:\n', 'probe:\n      kind: http\n      path: /work\n')}`;

describe('up runs the gateway in front of the service', () => {
  let box: Box;
  afterEach(() => box.close());

  const ask = async (text: string): Promise<number> => {
    const response = await fetch(`http://127.0.0.1:${box.gatewayPort}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ input: [text] }),
    });
    await response.text();
    return response.status;
  };

  /** Our gateway: of this box alone, by the state folder in its command line. */
  const gateway = (): ProcessId | null => {
    const stat = listStats().find(({ pid, state }) => {
      const words = state === 'Z' ? [] : readCmdline(pid);
      return words.includes('gateway') && words.includes(box.stateDir);
    });
    return stat ? { pid: stat.pid, startTicks: stat.startTicks } : null;
  };
  const signal = (id: ProcessId | null, name: NodeJS.Signals) => {
    assert.ok(id && isAlive(id), 'nobody to signal');
    process.kill(id.pid, name);
  };

  it('a call that meets a crash is answered; the gateway outlives a killed daemon and is adopted', async () => {
    box = await openBox(serviceWith(', --load-ms, "1000"'));
    const first = box.start();
    await box.untilServing();
    const welcome = new RegExp(`serving +http://127.0.0.1:${box.gatewayPort}`);
    await box.until('the welcome', () => welcome.test(box.output()));
    assert.equal(await ask('before'), 200);
    const held = ask('wait:2000');
    const [main] = box.processes();
    assert.ok(main);
    const atWork = async () => (await box.evidence())?.inFlight === 1;
    await box.until('it is at work', atWork);
    first.kill('SIGKILL');
    await once(first, 'exit');
    assert.equal(await ask('nobody guards'), 200);
    const pid = gateway();
    box.start();
    await box.until('adopted', () => box.output().split('guard started').length === 3);
    await box.untilServing();
    assert.deepEqual(gateway(), pid, 'it was adopted');
    assert.equal(await held, 200, 'what was on its way did not notice');
    const crashed = ask('wait:1000');
    await box.until('it is at work again', atWork);
    process.kill(main.pid, 'SIGKILL');
    assert.equal(await crashed, 200);
    assert.equal((await box.evidence())?.backend.deaths, 1);
  });

  it('is revived when it is killed and when it is frozen, and ends with up', async () => {
    box = await openBox(serviceWith(''));
    const daemon = box.start();
    await box.untilServing();
    const killed = gateway();
    signal(killed, 'SIGKILL');
    await box.until('revived', () => gateway() !== null && gateway()?.pid !== killed?.pid);
    await box.until('it answers', () =>
      ask('after the kill').then(
        (status) => status === 200,
        () => false,
      ),
    );
    const frozen = gateway();
    signal(frozen, 'SIGSTOP');
    await box.until('the frozen one is gone', () => frozen && !isAlive(frozen));
    await box.until('it answers', () =>
      ask('after the freeze').then(
        (status) => status === 200,
        () => false,
      ),
    );
    const said = /the gateway of svc is killed \(pid \d+\): stopped \(T\)/;
    await box.until('it is said', () => said.test(box.output()));
    assert.deepEqual(await box.incidents(), [], 'the service is well all the while');
    daemon.kill('SIGTERM');
    await once(daemon, 'exit');
    assert.deepEqual(box.alive(), []);
  });

  it('refuses a port that is somebody else’s and names the owner; --no-gateway does without, and ends the one left', async () => {
    box = await openBox(serviceWith(''));
    const first = box.start();
    await box.untilServing();
    const owner = gateway();
    const other = await openBox(serviceWith(''));
    try {
      const config = ['--config', join(other.stateDir, 'ninelives.yaml'), '--state', other.stateDir];
      const refused = await box.run(
        'up',
        ...config,
        '--gateway-port',
        String(box.gatewayPort),
        '--no-dashboard',
      );
      assert.equal(refused.code, 3);
      assert.match(refused.stderr, new RegExp(`port ${box.gatewayPort} is in use by pid ${owner?.pid} `));
      assert.match(refused.stderr, /next: .*--gateway-port/);
      assert.deepEqual(other.alive(), []);
    } finally {
      await other.close();
    }
    first.kill('SIGKILL');
    await once(first, 'exit');
    box.start('up', '--no-gateway');
    await box.until('the one left has ended', () => owner && !isAlive(owner));
    await box.untilServing();
    assert.equal(gateway(), null);
  });
});
