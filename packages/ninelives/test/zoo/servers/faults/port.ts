import { createServer } from 'node:net';
import type { Fault } from '../fault.js';

/** An alert of TLS 1.2: handshake_failure (RFC 8446 §6). What a TLS port says to a client that speaks plain HTTP. */
const TLS_ALERT = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]);

/** What befalls the port. A stranger that takes it is a process of the harness (stranger.ts). */
export const PORT_FAULTS = {
  /** It lets go of the port and lives on. */
  masked: {
    begin({ http }) {
      http.close();
      http.closeAllConnections();
    },
  },
  /** It dies, the port is taken, and each life loads for a while before it finds out, as a real one does. */
  'port-in-use': { loadMs: 2_500, begin: () => process.exit(1) },
  /** The same, but each life finds out at once. */
  'port-taken': { begin: () => process.exit(1) },
  tls: {
    begin({ http, port }) {
      http.close(() => {
        createServer((socket) => {
          socket.on('error', () => {}).on('data', () => socket.end(TLS_ALERT));
        }).listen(port, '127.0.0.1');
      });
      http.closeAllConnections();
    },
  },
} satisfies Record<string, Fault>;
