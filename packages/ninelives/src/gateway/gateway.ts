import { chmodSync, rmSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, connect, type ListenOptions, type Server } from 'node:net';
import { createKeys } from './access/keys.js';
import { createRate, type RateLimit } from './access/rate.js';
import type { HoldState } from './hold/state.js';
import type { HoldLimits } from './limits.js';
import type { GatewayPorts } from './ports.js';
import { createFront, type FrontLimits } from './proxy/front.js';
import { Relay } from './proxy/relay.js';
import { createMetrics, createPrivate } from './status/private.js';
import { HttpDate } from './wire/date.js';
import { createUpstream } from './wire/upstream.js';

export interface GatewayOptions {
  /** A host and port of this machine, or a socket that a supervisor holds open for us. */
  listen: { host: string; port: number } | { fd: number };
  upstream: { host: string; port: number };
  limits: HoldLimits;
  front: FrontLimits;
  /** May chat and completions be sent twice? The user's word. */
  replayChat: boolean;
  /** None: nobody is asked for one. */
  keys: string[];
  rate: RateLimit | null;
  /** A unix socket for metrics and evidence; null: none. */
  privateSocket: string | null;
  /** Where Prometheus may read `/metrics`, and nothing else; null: only on the private socket. */
  metrics: { host: string; port: number } | null;
}

export interface Gateway {
  /** Where it listens. */
  port: number;
  /** Where its metrics are; null: only on the private socket. */
  metricsPort: number | null;
  state: HoldState;
  /**
   * Ends it without a failed call: no new connections, everybody who is here gets an answer, and clients with an idle
   * connection have a moment to notice. Resolves when all have gone, or after `limitMs`.
   */
  drain(limitMs: number): Promise<void>;
}

const CANARY_LIMIT_MS = 10_000;
/** Idle connections are closed this long after the last answer. */
const FAREWELL_MS = 1_000;
const DRAIN_LOOK_MS = 50;

/** Wires the parts, and listens. @throws the system's error when it can't listen. */
export async function startGateway(options: GatewayOptions, ports: GatewayPorts): Promise<Gateway> {
  const { limits, upstream: backend } = options;
  const { clock } = ports;
  const address = `${backend.host.includes(':') ? `[${backend.host}]` : backend.host}:${backend.port}`;
  const upstream = createUpstream({ ...backend, clock });
  const { takeMs, answersMax } = options.front;
  const date = new HttpDate(clock.wallMs);
  const timing = { takeMs, answersMax, canaryLimitMs: CANARY_LIMIT_MS };
  const relay = new Relay({ limits, ...timing, upstream, address, date, ports });
  const { state } = relay;
  const { listener, turnedAway } = createFront({
    limits: options.front,
    relay,
    address,
    date,
    replayChat: options.replayChat,
    keys: options.keys.length > 0 ? createKeys(options.keys) : null,
    rate: options.rate && createRate(options.rate),
    ports,
  });
  const told: Relay['told'] = (by, death) => relay.told(by, death);
  const streamedAtMs = () => relay.streamedAtMs;
  const all = { ...limits, ...options.front };
  const own = createPrivate({ state, limits: all, turnedAway, nowMs: clock.monotonicMs, streamedAtMs, told });
  const metrics = createMetrics({ state, limits: all, turnedAway });
  const { server } = listener;
  const end = () => {
    server.close();
    listener.closeAll();
    for (const one of [own, metrics]) endHttp(one);
    upstream.close();
    relay.stop();
  };
  try {
    if (options.metrics !== null) await listening(metrics, options.metrics);
    await listening(server, options.listen);
    // Last: who answers there is taken to be at work.
    if (options.privateSocket !== null) await listenPrivately(own, options.privateSocket);
  } catch (error) {
    end(); // a part that goes on listening would keep the process, and look alive
    throw error;
  }
  const portOf = (one: Server) => (one.address() as AddressInfo | null)?.port ?? null;
  return {
    port: portOf(server) ?? 0,
    metricsPort: portOf(metrics),
    state,
    async drain(limitMs) {
      listener.drain();
      // Idle connections are left alone: a request may be on its way on them.
      const closed = new Promise<void>((done) => void server.close(() => done()));
      await emptied(limitMs);
      listener.closeIdle();
      await Promise.race([closed, wait(clock, FAREWELL_MS)]);
      end();
    },
  };

  /** Nobody here for a moment, or time is up. */
  async function emptied(limitMs: number): Promise<void> {
    const untilMs = clock.monotonicMs() + limitMs;
    for (let quietMs = 0; quietMs < FAREWELL_MS && clock.monotonicMs() < untilMs; quietMs += DRAIN_LOOK_MS) {
      await wait(clock, DRAIN_LOOK_MS);
      if (state.requests.size > 0) quietMs = 0;
    }
  }
}

function endHttp(server: HttpServer): void {
  server.close();
  server.closeAllConnections();
}

function wait(clock: GatewayPorts['clock'], ms: number): Promise<void> {
  return new Promise((done) => {
    clock.after(ms, done);
  });
}

function listening(server: Server, where: ListenOptions | { fd: number } | { path: string }): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(where, () => {
      server.off('error', fail);
      done();
    });
  });
}

/** A socket file that nobody answers on was left by one that was killed. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  if (!(await answers(path))) rmSync(path, { force: true });
  await listening(server, { path });
  chmodSync(path, 0o600);
}

function answers(path: string): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(path, () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });
}
