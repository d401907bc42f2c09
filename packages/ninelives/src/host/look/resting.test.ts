import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from '../program.js';
import { parseResting, restingSockets } from './resting.js';

test('at rest is what was answered, long ago; what waits for an answer, streams or was just used is not', () => {
  const socket = (ino: number, times: string) =>
    `0      0      127.0.0.1:8088 127.0.0.1:4${ino} timer:(keepalive,9sec,0) uid:1000 ino:${ino} sk:1 <->\n\t cubic rto:204 ${times} rcv_space:65483\n`;
  const text = [
    socket(1, 'lastsnd:11000 lastrcv:11020 lastack:10980'),
    socket(2, 'lastsnd:12000 lastrcv:11000 lastack:11000'), // asked, after an answer
    socket(3, 'lastrcv:15000 lastack:4'), // streams: "0 ms ago" is left out
    socket(4, 'lastsnd:900 lastrcv:920 lastack:900'),
    socket(5, 'lastsnd:11000 lastrcv:11000'), // within one tick: nobody can tell
    socket(0, 'lastsnd:11000 lastrcv:11020'), // not accepted yet
    'nonsense',
  ].join('');
  assert.deepEqual([...parseResting(text, 10_000)], [1]);
  assert.deepEqual([...parseResting('', 0)], []);
});

test('a real connection that was answered rests; one that waits for its answer does not', async (t) => {
  const path = process.env.PATH ?? '';
  if (findProgram('ss', path) === null) return t.skip('ss (iproute2) is not installed');
  const sockets: Socket[] = [];
  t.after(() => sockets.forEach((socket) => void socket.destroy()));
  // The answer comes some ticks of the kernel's clock after the question, as of a model.
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (text) => `${text}` === 'ask' && setTimeout(() => socket.write('answer'), 50));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const [answered, waiting] = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  sockets.push(answered, waiting);
  answered.write('ask');
  waiting.write('ask');
  await Promise.all([once(answered, 'data'), once(waiting, 'data')]);
  waiting.write('ask for what takes very long');
  const limit = AbortSignal.timeout(60_000);
  const resting = () => restingSockets(port, 200, { path, signal: limit });
  while ((await resting()).size === 0 && !limit.aborted) await sleep(50);
  assert.equal((await resting()).size, 1);
  assert.equal((await restingSockets(port, 3_600_000, { path, signal: limit })).size, 0);
});
