import { supervisorContract } from '../contract/supervisor.js';
import { serverOptions, supervise } from '../fixtures/embedded-world.js';
import { freePort } from '../fixtures/host-world.js';

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
    const supervisor = await supervise(t, serverOptions(t, port, flags, { restart }));
    await supervisor.start();
    return { supervisor, port };
  },
);
