import { type AnswerListener, Connection, type Outgoing } from './connection.js';

/** A request on its way. */
export interface Exchange {
  /** Closes its connection; nothing more is told. */
  abort(): void;
  pause(): void;
  resume(): void;
}

export interface Upstream {
  /** `fresh`: on a connection that nothing else was on, for what may not be sent twice. */
  send(outgoing: Outgoing, listener: AnswerListener, options?: { fresh?: boolean }): Exchange;
  /** Closes idle connections; those in use end with what is on them. */
  close(): void;
}

export interface UpstreamOptions {
  host: string;
  port: number;
  clock: { monotonicMs(): number; after(delayMs: number, run: () => void): () => void };
}

/**
 * Idle connections older than this are not used again: servers close them after 2 s (gunicorn) to 5 s (Node, uvicorn),
 * and a request that meets such an end on its way looks like a death of the server.
 */
const IDLE_MS = 1_000;
const IDLE_MAX = 64;
const CONNECT_MS = 5_000;
const READ_BYTES = 64 * 1024;

/**
 * HTTP/1.1 with keep-alive to one server, by hand over node:net: it must tell a refused connection from a cut answer,
 * and node:http's client costs half as much again (68 against 44 µs of CPU a request, the server's part included).
 */
export function createUpstream({ host, port, clock }: UpstreamOptions): Upstream {
  const idle: Connection[] = [];
  // One for all connections: each read is dealt with before the next one begins.
  const into = Buffer.allocUnsafeSlow(READ_BYTES);
  let closed = false;
  let stopSweep: (() => void) | null = null;

  function onFree(connection: Connection, reusable: boolean): void {
    const place = idle.indexOf(connection);
    if (place >= 0) idle.splice(place, 1);
    if (!reusable) return;
    if (closed || idle.length >= IDLE_MAX) return connection.abort();
    connection.idleSinceMs = clock.monotonicMs();
    idle.push(connection);
    stopSweep ??= clock.after(IDLE_MS, sweep);
  }

  /** Without a next request to do it: a guard takes open connections for clients at work. */
  function sweep(): void {
    stopSweep = null;
    dropOld();
    if (idle.length > 0) stopSweep = clock.after(IDLE_MS, sweep);
  }

  function dropOld(): void {
    const freshMs = clock.monotonicMs() - IDLE_MS;
    for (let oldest = idle[0]; oldest && oldest.idleSinceMs <= freshMs; oldest = idle[0]) {
      idle.shift();
      oldest.abort();
    }
  }

  /** The one that was used last, so that the others grow old and go. */
  function take(): Connection | null {
    dropOld();
    return idle.pop() ?? null;
  }

  function open(): Connection {
    const connection = new Connection({ host, port }, into, onFree);
    // A full backlog (a frozen server) neither accepts nor refuses.
    connection.onceSettled(clock.after(CONNECT_MS, () => connection.giveUpConnecting()));
    return connection;
  }

  return {
    send(outgoing, listener, { fresh = false } = {}) {
      const connection = (fresh ? null : take()) ?? open();
      connection.send(outgoing, listener);
      return connection;
    },
    close() {
      closed = true;
      stopSweep?.();
      for (const connection of idle.splice(0)) connection.abort();
    },
  };
}
