import { type AskPorts, askAll } from './apis/answers.js';
import { recognise } from './apis/table.js';
import type { Found, Listening } from './found.js';
import { listListening } from './listening.js';
import { unitOf } from './unit.js';

export interface DiscoverPorts extends AskPorts {
  uid: number;
  /** Our own pid: we do not find ourselves. */
  self: number;
  /** Only these ports are asked; all when not given. */
  only?: (port: number) => boolean;
}

/** Asked side by side; a desktop has dozens of listening sockets. */
const AT_ONCE = 8;
const PORTS_MAX = 128;

/**
 * The servers of this user on this machine, by port: whose process, which unit, which API. Only GETs on loopback (or
 * on the one address that a server listens on), 1 s each; takes a few seconds on a busy machine. Never throws.
 */
export async function discover(ports: DiscoverPorts): Promise<Found[]> {
  const all = await listListening(ports.uid, ports.self);
  const queue = all.filter(({ port }) => ports.only?.(port) ?? true).slice(0, PORTS_MAX);
  const found: Found[] = [];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) found.push(await lookAt(next, ports));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return found.sort((a, b) => a.port - b.port);
}

async function lookAt(listening: Listening, ports: DiscoverPorts): Promise<Found> {
  const url = `http://${listening.host}:${listening.port}`;
  const answers = await askAll(url, ports);
  const api = answers && recognise(answers);
  const unit = api ? await unitOf(listening.process.pid, ports.uid) : null;
  return { ...listening, url, unit, api };
}
