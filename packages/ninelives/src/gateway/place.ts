import { join } from 'node:path';
import type { GatewaySettings, ServiceConfig } from '../config/service.js';

/** The private socket of a service's gateway, where its guard, `drill` and `status` look for it. */
export function gatewaySocket(stateDir: string, service: string): string {
  return join(gatewayFolder(stateDir), `${service}.sock`);
}

/** What belongs to gateways in a state folder: apart, since a service may have any name. */
export function gatewayFolder(stateDir: string): string {
  return join(stateDir, 'gateway');
}

/**
 * Most of what a call leaves behind is dead before the next small collection if there is room for it until then, and a
 * call's tail is what the collections take: 16 MiB (Node's own) is too small for that. MiB; costs some 100 MB of memory.
 */
export const YOUNG_SPACE = '--max-semi-space-size=64';

/**
 * The command that runs a service's gateway, all of its settings in the open: whoever finds the process running can
 * tell from its command line whether it is still the one that is wanted.
 */
export function gatewayArgv(
  service: ServiceConfig,
  gateway: GatewaySettings,
  { node, bin, stateDir }: { node: string; bin: string; stateDir: string },
): string[] {
  const { name, source, probe } = service;
  const { keysFile, perMinute, holdMs, bodyMax } = gateway;
  const host = gateway.host.includes(':') ? `[${gateway.host}]` : gateway.host;
  const flags: [name: string, value: string | number | null][] = [
    ['name', name],
    ['state', stateDir],
    ['listen', `${host}:${gateway.port}`],
    ['upstream', new URL(probe.url).origin],
    ['unit', source.type === 'unit' ? source.unit : null],
    ['keys-file', keysFile],
    ['per-minute', perMinute],
    ['hold', holdMs === null ? null : `${holdMs}ms`],
    ['body-max', bodyMax],
  ];
  const given = flags.flatMap(([flag, value]) => (value === null ? [] : [`--${flag}`, String(value)]));
  if (source.type === 'unit' && source.user) given.push('--user');
  if (gateway.replayChat) given.push('--replay-chat');
  return [node, YOUNG_SPACE, bin, 'gateway', ...given];
}

/** Where clients come in. */
export function gatewayUrl({ host, port }: GatewaySettings): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}
