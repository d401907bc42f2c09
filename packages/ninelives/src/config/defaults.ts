import type { RawService } from './schema/schema.js';
import type { RestartSettings } from './service.js';

/** The port of the original account. */
export const DEFAULT_PORT = 8088;
export const DEFAULT_RETENTION_MS = 14 * 86_400_000;
export const DEFAULT_CHEAP_PATHS = ['/health', '/v1/models'];
/** Moves by one for each text that came back from the engine as a vector. */
export const EMBEDDER_COUNTER = 'ninelives_embedder_inputs_completed_total';

/** systemd's own defaults (systemd-system.conf(5)), so that what is learnt here holds there; but for the last. */
export const DEFAULT_RESTART: RestartSettings = {
  policy: 'on-failure',
  restartMs: 100,
  startLimitBurst: 5,
  startLimitIntervalMs: 10_000,
  // Not systemd's 90 s: a model server has no data to save, it only drains, and a wedged one, which is what
  // we are here for, would hold `ninelives down` and Ctrl-C for a minute and a half.
  stopTimeoutMs: 10_000,
};

/** The port that a URL of this machine names; null for another machine. */
export function probedPort(url: string): number | null {
  const { hostname, port, protocol } = new URL(url);
  if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) return null;
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}

/** Where the service listens: what it says, else what its probe asks here, else the default; null elsewhere. */
export function servicePort(service: RawService): number | null {
  if (service.port !== undefined) return service.port;
  const url = service.probe?.url;
  const probed = url === undefined ? DEFAULT_PORT : probedPort(url);
  return service.embedder === undefined ? probed : (probed ?? DEFAULT_PORT);
}

/** systemctl's rule: a name without a suffix is a service. */
export function unitName(unit: string): string {
  return unit.endsWith('.service') ? unit : `${unit}.service`;
}
