import type { TestContext } from 'node:test';
import { type Subject, type SubjectOptions, supervisorContract } from '../../contract/supervisor.js';
import { freePort } from '../../fixtures/host-world.js';
import { prepareUnits, startUnit } from './units.js';

// Runs inside the box, as jc, who is no admin.
const opening =
  (user: boolean) =>
  async (t: TestContext, options: SubjectOptions): Promise<Subject> => {
    const { flags = [], startLimitBurst = 5, stopTimeoutMs = 5_000 } = options;
    const port = await freePort();
    const { supervisor } = await startUnit(t, {
      user,
      port,
      flags,
      unit: [`StartLimitBurst=${startLimitBurst}`],
      service: ['Restart=on-failure', 'RestartSec=300ms', `TimeoutStopSec=${stopTimeoutMs}ms`],
    });
    return { supervisor, port };
  };

await prepareUnits();
supervisorContract('systemd', opening(false));
supervisorContract("the user's systemd", opening(true));
