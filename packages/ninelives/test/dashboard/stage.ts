import type { DashboardOptions, DashboardPorts } from '../../src/dashboard/options.js';
import { type Dashboard, startDashboard } from '../../src/dashboard/server.js';
import type { ActionRequest } from '../../src/dashboard/view.js';
import { systemClock } from '../../src/host/system-clock.js';
import type { GuardRecord } from '../../src/record/record.js';

export const TOKEN = 'a-token-of-the-test';

export interface Stage {
  url: string;
  dashboard: Dashboard;
  /** What was asked for with the right token. */
  performed: ActionRequest[];
  bugs: unknown[];
}

/** A dashboard on a free port over a record of the test's own. */
export async function stageDashboard(
  record: GuardRecord,
  parts: Partial<DashboardOptions> = {},
  ports: Partial<DashboardPorts> = {},
): Promise<Stage> {
  const performed: ActionRequest[] = [];
  const bugs: unknown[] = [];
  const dashboard = await startDashboard({
    ...{ host: '127.0.0.1', port: 0, names: ['status.example'], token: TOKEN, record },
    ports: {
      ...systemClock,
      gateway: () => null,
      held: () => ({}),
      recent: () => ({ probes: [], clients: [] }),
      gatewayMetrics: async () => null,
      metrics: () => '# nothing\n',
      faults: ['wedge'],
      perform: async (action) => {
        performed.push(action);
        return { done: true, text: 'done' };
      },
      onBug: (error) => bugs.push(error),
      ...ports,
    },
    ...parts,
  });
  return { url: `http://127.0.0.1:${dashboard.port}`, dashboard, performed, bugs };
}
