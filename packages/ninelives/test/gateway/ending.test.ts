import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { GatewayPorts } from '../../src/gateway/ports.js';
import { systemClock } from '../../src/host/system-clock.js';
import { ask, freePort, openGateway, until } from './stage.js';

/** The real clock, which knows how many of its timers are still to run; after `halt` it stands still. */
function countingClock(): { clock: GatewayPorts['clock']; pending(): number; halt(): void } {
  const pending = new Set<() => void>();
  let halted = false;
  return {
    pending: () => pending.size,
    halt() {
      halted = true;
      for (const callOff of pending) callOff();
    },
    clock: {
      monotonicMs: systemClock.monotonicMs,
      wallMs: systemClock.wallMs,
      after(delayMs, run) {
        if (halted) return () => {};
        const callOff = systemClock.after(delayMs, () => {
          pending.delete(callOff);
          run();
        });
        pending.add(callOff);
        return () => {
          pending.delete(callOff);
          callOff();
        };
      },
    },
  };
}

/** Accepts, and never says a word. */
async function silentServer(): Promise<{ server: Server; port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { server, port: (server.address() as { port: number }).port, close };
}

/** Held requests, a canary under way, a tick to come: all of it ends with the gateway. */
describe('an ended gateway leaves no timer', () => {
  async function endBefore(t: TestContext, port: number, state: 'down' | 'suspect'): Promise<void> {
    const { clock, pending, halt } = countingClock();
    t.after(halt); // or a timer that is set again and again would keep a failed test from ending
    const gateway = await openGateway(port, { clock, blind: true, limits: { patienceBlindMs: 100 } });
    const leaves = new AbortController();
    const held = ask(gateway.url, 'held', { signal: leaves.signal }).catch(() => 'gone');
    await until(`it is ${state}`, () => gateway.state.backend.readiness === state);
    await until('a canary is out', () => gateway.state.counts.canaries > 0);
    assert.ok(pending() > 0);
    await gateway.drain(0);
    leaves.abort();
    assert.equal(await held, 'gone');
    // One of 50 ms that was always set again would be there for ever.
    await until('no timer is left', () => pending() === 0);
    await new Promise((done) => setImmediate(done));
    assert.equal(pending(), 0);
  }

  it('before a server that is dead', async (t) => endBefore(t, await freePort(), 'down'));

  it('before a server that accepts and says nothing', async (t) => {
    const silent = await silentServer();
    try {
      await endBefore(t, silent.port, 'suspect');
    } finally {
      silent.close();
    }
  });
});
