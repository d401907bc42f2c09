import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { foreignClients } from './connections.js';

test('a client is foreign unless its socket is one of ours', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  assert.equal(foreignClients(port, [])?.length, 0);
  const accepted = once(server, 'connection');
  const client = connect(port, '127.0.0.1');
  t.after(() => client.destroy());
  await Promise.all([once(client, 'connect'), accepted]);
  assert.equal(foreignClients(port, [])?.length, 1);
  assert.equal(foreignClients(port, [process.pid])?.length, 0);
});

/**
 * In a process of its own, as a guard is: connects and hangs up without end; by a reset, which leaves nothing behind in
 * the tables. Prints that it has begun.
 */
const BUSY = `const { connect } = require('node:net');
const [port] = process.argv.slice(1);
const again = () => connect(Number(port), '127.0.0.1', function () { this.resetAndDestroy(); }).on('close', again);
again();
console.log('begun');`;

test('connections that one of ours opens and closes at that moment are no client', async (t) => {
  const server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const busy = spawn(process.execPath, ['-e', BUSY, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(async () => {
    busy.kill('SIGKILL');
    await once(busy, 'exit');
  });
  await once(busy.stdout, 'data');
  let foreign = 0;
  for (let look = 0; look < 40; look++) {
    foreign += foreignClients(port, [busy.pid ?? 0])?.length ?? 0;
    await new Promise((done) => setImmediate(done));
  }
  assert.equal(foreign, 0);
});
