import { createServer, type Server, type Socket } from 'node:net';
import { ClientConnection, type ClientHandler, type ClientLimits } from './client.js';

export interface ListenerLimits extends ClientLimits {
  connectionsMax: number;
}

/** The connections of a public port. */
export interface Listener {
  /** Listens and closes as node:net's do; to close it leaves connections alone. */
  server: Server;
  /** From now on each answer is the last on its connection. */
  drain(): void;
  closeIdle(): void;
  closeAll(): void;
}

interface Clock {
  monotonicMs(): number;
  after(delayMs: number, run: () => void): () => void;
}

const LOOK_MS = 1_000;

/**
 * HTTP/1.1 for clients, by hand over node:net, since node:http's server costs more than all the rest of the way through
 * (docs/adr). Its parser takes no request that node:http's would not take (wire/request.test.ts).
 */
export function createListener(
  limits: ListenerLimits,
  handler: ClientHandler,
  on: { clock: Clock; dropped(): void },
): Listener {
  const connections = new Set<ClientConnection>();
  let draining = false;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket: Socket) => {
    const connection = new ClientConnection(socket, limits, handler, on.clock.monotonicMs);
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
    if (draining) connection.drain();
  });
  server.maxConnections = limits.connectionsMax;
  server.on('drop', on.dropped);
  let stopLooking = () => {};
  server.on('listening', look);
  server.on('close', () => stopLooking());

  function look(): void {
    const nowMs = on.clock.monotonicMs();
    for (const connection of connections) if (connection.dueMs <= nowMs) connection.overdue();
    stopLooking = on.clock.after(LOOK_MS, look);
  }

  return {
    server,
    drain() {
      draining = true;
      for (const connection of connections) connection.drain();
    },
    closeIdle() {
      for (const connection of connections) if (connection.idle) connection.destroy();
    },
    closeAll() {
      for (const connection of connections) connection.destroy();
    },
  };
}
