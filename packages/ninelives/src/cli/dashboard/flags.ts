import { DEFAULT_DASHBOARD } from '../../config/defaults.js';
import type { Config } from '../../config/service.js';
import { CliError, EXIT } from '../errors.js';

/** `--dashboard-port N` and `--no-dashboard` go before what a config says. @throws CliError */
export function withDashboardFlags(
  config: Config,
  { dashboard, dashboardPort }: { dashboard?: boolean; dashboardPort?: string },
): Config {
  if (dashboard === false) return { ...config, dashboard: null };
  if (dashboardPort === undefined) return config;
  const port = Number(dashboardPort);
  if (!/^\d{1,5}$/.test(dashboardPort) || port > 65_535) {
    throw new CliError(
      `--dashboard-port takes a port, not '${dashboardPort}'`,
      EXIT.usage,
      '--dashboard-port 8090',
    );
  }
  const settings = config.dashboard ?? { host: DEFAULT_DASHBOARD.host, names: [] };
  return { ...config, dashboard: { ...settings, port, explicit: true } };
}
