import type { Config, ServiceConfig } from '../config/service.js';
import type { ProbeOutcome } from '../core/types.js';
import { MACHINE } from '../host/reach.js';
import { observe } from '../watch/observe.js';
import { tunnelOutcome } from '../watch/tunnel.js';
import { targetOf } from './watching.js';

/**
 * The probe of a unit that is a tunnel: real work through the public URL of what it carries, and, when that fails, the
 * local way (the gateway where there is one, since the tunnel leads to it) and the outside world. Null for every other
 * service.
 */
export function tunnelProber(
  service: ServiceConfig,
  config: Config,
  signal: AbortSignal,
): ((request: { deadlineMs: number; attempt: number }) => Promise<ProbeOutcome>) | null {
  const { tunnel } = service.outer;
  const carried = config.services.find(({ name }) => name === tunnel?.of);
  if (!tunnel || !carried) return null;
  const { gateway } = carried;
  const front = gateway && `http://127.0.0.1:${gateway.port}`;
  const local = new URL(tunnel.local ?? front ?? carried.probe.url);
  const target = {
    ...targetOf(carried, config),
    lan: {
      host: local.hostname,
      port: Number(local.port || (local.protocol === 'https:' ? 443 : 80)),
      probe: { ...carried.probe, url: local.href },
    },
  };
  return async ({ deadlineMs, attempt }) => {
    // The whole of it within the deadline: the public way, and then what tells whose fault it is.
    const options = { deadlineMs: deadlineMs / 2, attempt, certificate: false, signal };
    return tunnelOutcome(await observe(target, MACHINE, options));
  };
}
