import { NTFY_SERVER } from './defaults.js';
import type { RawHeartbeats } from './schema/heartbeats.js';
import { type Place, secretOf } from './secret-of.js';
import type { Report } from './sense.js';
import type { HeartbeatConfig } from './service.js';

const LISTEN = { host: '127.0.0.1', port: 8_091 };
const EVERY_MS = 60_000;
const AFTER_MS = 2 * 3_600_000;
const GRACE_MS = 5 * 60_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** With every default; its secret files are read, problems are reported. `report` is at `heartbeats`. */
export function resolveHeartbeats(raw: RawHeartbeats, place: Place, report: Report): HeartbeatConfig {
  const { send = [], from = [], listen } = raw;
  return {
    send: send.map((target, index) => {
      const at: Report = (inner, message) => report(['send', index, ...inner], message);
      const within: Place = { ...place, isReference: (path) => place.isReference(['send', index, ...path]) };
      const { name, ntfy } = target;
      if (ntfy !== undefined) {
        if (target.url !== undefined || target.url_file !== undefined) at(['ntfy'], 'needs no url beside it');
        const token = secretOf(ntfy, ['ntfy'], 'token', within, at, 'optional');
        const topic = ntfy.topic ?? secretOf(ntfy, ['ntfy'], 'topic', within, at, 'needed') ?? '';
        const afterMs = ntfy.after ?? AFTER_MS;
        const everyMs = target.every ?? afterMs / 4;
        if (everyMs > afterMs / 2) at(['every'], 'beats too seldom: ntfy would tell although all is well');
        const server = (ntfy.server ?? NTFY_SERVER).replace(/\/+$/, '');
        return { type: 'ntfy', name, server, topic, token, afterMs, everyMs };
      }
      const url = secretOf(target, [], 'url', within, at, 'needed') ?? '';
      if (url !== '' && !(URL.canParse(url) && /^https?:/.test(url))) at([], 'its url is not a URL');
      return { type: 'ping', name, url, everyMs: target.every ?? EVERY_MS };
    }),
    from: from.map((source, index) => {
      const at: Report = (inner, message) => report(['from', index, ...inner], message);
      const within: Place = { ...place, isReference: (path) => place.isReference(['from', index, ...path]) };
      const uuid = secretOf(source, [], 'uuid', within, at, 'needed') ?? '';
      if (uuid !== '' && !UUID.test(uuid)) at([], 'its uuid is not a UUID: type  uuidgen');
      return { name: source.name, uuid: uuid.toLowerCase(), graceMs: source.grace ?? GRACE_MS };
    }),
    listen: listen === undefined ? LISTEN : addressOf(listen),
  };
}

function addressOf(listen: string): HeartbeatConfig['listen'] {
  const { hostname, port } = new URL(`tcp://${listen}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) };
}
