import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault.js';
import { burn, pause } from '../work.js';

/** Moves as a load does: some CPU, a little more memory with each step. */
export async function load(ms: number): Promise<Buffer[]> {
  const weights: Buffer[] = [];
  const endMs = performance.now() + ms;
  while (performance.now() < endMs) {
    burn(20);
    weights.push(Buffer.alloc(64 * 1024, 1));
    await sleep(80);
  }
  return weights;
}

/** Loads with the port open, and says so. */
async function loadOpen(ms: number, port: number): Promise<void> {
  const server = createServer((_, response) => {
    response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' });
    response.end('{"error":{"message":"Loading model"}}');
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  await load(ms);
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
}

/** Ends, and the next life (only that one) has trouble in starting. */
function dieAndLeave(): Fault['begin'] {
  return ({ leave, lastsMs }) => {
    leave(String(lastsMs(45_000)), 'next');
    process.exit(1);
  };
}

/** What goes wrong while it loads, after a crash. */
export const START_FAULTS = {
  'startup-hang': {
    boot: () => pause(2 ** 31 - 1),
    begin: dieAndLeave(),
  },
  'slow-load-closed': {
    async boot(trouble) {
      await load(Number(trouble));
    },
    begin: dieAndLeave(),
  },
  'slow-load-503': {
    boot: (trouble, port) => loadOpen(Number(trouble), port),
    begin: dieAndLeave(),
  },
} satisfies Record<string, Fault>;
