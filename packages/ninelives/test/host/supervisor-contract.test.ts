import type { EmbeddedSupervisor } from '../../src/host/embedded/contract.js';
import { signalIfSame } from '../../src/host/signal.js';
import { supervisorContract } from '../contract/supervisor.js';
import { serverOptions, snapshot, supervise } from '../fixtures/embedded-world.js';
import { freePort } from '../fixtures/host-world.js';

/** Workers that ignore SIGTERM would hold up an orderly end for the whole of `stopTimeoutMs`. */
async function endAtOnce(supervisor: EmbeddedSupervisor): Promise<void> {
  await supervisor.close({ keepRunning: true });
  const { processes, leftovers } = await snapshot(supervisor);
  for (const process of [...processes, ...leftovers]) signalIfSame(process, 'SIGKILL');
}

supervisorContract(
  'the embedded one',
  async (t, { flags = [], startLimitBurst = 5, stopTimeoutMs = 5_000 }) => {
    const port = await freePort();
    const restart = {
      policy: 'on-failure' as const,
      restartMs: 300,
      startLimitBurst,
      startLimitIntervalMs: 10_000,
      stopTimeoutMs,
    };
    let supervisor: EmbeddedSupervisor | undefined;
    t.after(() => supervisor && endAtOnce(supervisor));
    supervisor = await supervise(t, serverOptions(t, port, flags, { restart }));
    await supervisor.start();
    return { supervisor, port };
  },
);
