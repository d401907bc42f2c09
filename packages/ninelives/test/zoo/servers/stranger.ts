/**
 * A process that has nothing to do with the service and takes its port: node stranger.js PORT HOLD_MS
 * It tries until the port is free, answers everything with 404, and lets go after HOLD_MS.
 */
import { createServer } from 'node:http';

const [port, holdMs] = process.argv.slice(2).map(Number);
const server = createServer((_, response) => response.writeHead(404).end('not here'));
server.on('error', () => setTimeout(take, 2));
server.on('listening', () => {
  process.stdout.write('taken\n');
  setTimeout(() => process.exit(0), holdMs);
});
take();

function take(): void {
  server.listen(port, '127.0.0.1');
}
