import type { RawService } from './schema/schema.js';
import type { GatewaySettings, RestartSettings } from './service.js';

/** The port of the original account. */
export const DEFAULT_PORT = 8088;
/** What the tunnel points at, and the one beside it for a service that has the first itself. */
export const DEFAULT_GATEWAY_PORT = 8080;
export const OTHER_GATEWAY_PORT = 8081;
export const DEFAULT_GATEWAY: GatewaySettings = {
  host: '127.0.0.1',
  port: DEFAULT_GATEWAY_PORT,
  keysFile: null,
  perMinute: null,
  holdMs: null,
  bodyMax: null,
  replayChat: false,
};
export const NTFY_SERVER = 'https://ntfy.sh';
/** On loopback only: it shows names, errors and log lines. */
export const DEFAULT_DASHBOARD = { host: '127.0.0.1', port: 8090 };
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
  // A tunnel listens nowhere here: its port is at the edge.
  if (service.tunnel !== undefined) return null;
  if (service.port !== undefined) return service.port;
  const url = service.probe?.url;
  const probed = url === undefined ? DEFAULT_PORT : probedPort(url);
  return service.embedder === undefined ? probed : (probed ?? DEFAULT_PORT);
}

/** systemctl's rule: a name without a suffix is a service. */
export function unitName(unit: string): string {
  return unit.endsWith('.service') ? unit : `${unit}.service`;
}

/** The gateway speaks plain HTTP, to a model server. */
export function canHaveGateway({ probe, tunnel }: RawService): boolean {
  if (tunnel !== undefined) return false;
  return probe?.url === undefined || new URL(probe.url).protocol === 'http:';
}

/** The port in front of a service, given or by default; null where there is surely none. */
export function gatewayPort(service: RawService): number | null {
  return service.gateway ? (service.gateway.port ?? defaultGatewayPort(service)) : null;
}

/** Beside the service, not on it. */
export function defaultGatewayPort(service: RawService): number {
  return servicePort(service) === DEFAULT_GATEWAY_PORT ? OTHER_GATEWAY_PORT : DEFAULT_GATEWAY_PORT;
}
