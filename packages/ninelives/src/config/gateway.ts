import path from 'node:path';
import { canHaveGateway, DEFAULT_GATEWAY, defaultGatewayPort } from './defaults.js';
import type { RawService } from './schema/schema.js';
import type { Report } from './sense.js';
import type { GatewaySettings } from './service.js';
import { readKeysFile } from './source/files.js';

/** What stands in front of a service that is the only one; of several, only those that say so have one. */
export function gatewayOf(
  service: RawService,
  alone: boolean,
  folder: string,
  report: Report,
): GatewaySettings | null {
  const { gateway } = service;
  if (gateway === false || (gateway === undefined && !(alone && canHaveGateway(service)))) return null;
  const given = gateway ?? {};
  const keysFile = given.keys_file === undefined ? null : path.resolve(folder, given.keys_file);
  if (keysFile !== null) {
    const read = readKeysFile(keysFile);
    if ('problem' in read) report(['gateway', 'keys_file'], read.problem);
  }
  const base = DEFAULT_GATEWAY;
  return {
    host: given.host ?? base.host,
    port: given.port ?? defaultGatewayPort(service),
    keysFile,
    perMinute: given.per_minute ?? base.perMinute,
    holdMs: given.hold ?? base.holdMs,
    bodyMax: given.body_max ?? base.bodyMax,
    replayChat: given.replay_chat ?? base.replayChat,
  };
}
