import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, Backend, openGateway, until } from './stage.js';

/** More than the kernel's buffers on both sides take. */
const LARGE = 30_000_000;
/** Time enough for a test on a busy machine to take its next part. */
const TAKE_MS = 3_000;

/** Asks for a large answer, and reads none of it. */
function askAndLeave(port: number, path: string): Socket {
  const body = JSON.stringify({ input: [`size:${LARGE}`] });
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}); // it will be cut off
  socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  return socket;
}

/** Asks for the same, and takes it a little at a time. @returns how many bytes came, head and all */
async function takeSlowly(port: number, path: string): Promise<number> {
  let bytes = 0;
  for await (const part of askAndLeave(port, path)) {
    bytes += (part as Buffer).length;
    if (bytes > LARGE) break;
    await sleep(8);
  }
  return bytes;
}

it('who takes nothing of an answer is cut off, and its place is free; who takes it slowly gets all of it', async () => {
  const backend = await Backend.start();
  const limits = { inFlightFirst: 2, inFlightMax: 2 };
  const metrics = { host: '127.0.0.1', port: 0 };
  const gateway = await openGateway(backend.port, { limits, front: { takeMs: TAKE_MS }, metrics });
  const { state, port } = gateway;
  const sockets: Socket[] = [];
  try {
    sockets.push(askAndLeave(port, '/v1/embeddings'));
    await until('a whole answer is on its way out', () => state.counts.ends.answered === 1);
    sockets.push(askAndLeave(port, '/v1/chat/completions'));
    const slowly = takeSlowly(port, '/v1/chat/completions');
    await until(
      'both streams go',
      () => [...state.flying].filter((one) => one.phase === 'streaming').length === 2,
    );
    // All places are taken: this one is answered only because one of them becomes free.
    assert.equal((await ask(gateway.url, 'a neighbour')).status, 200);
    assert.ok((await slowly) > LARGE);
    const told = async () => (await fetch(`http://127.0.0.1:${gateway.metricsPort}/metrics`)).text();
    const cutOff = /turned_away_total\{code="answer_not_taken"\} 2$/m;
    for (let text = await told(); !cutOff.test(text); text = await told()) await sleep(100);
    assert.match(await told(), new RegExp(`_limit\\{limit="takeMs"\\} ${TAKE_MS}$`, 'm'));
    assert.equal(state.counts.ends['client-gone'], 1, 'the stream; the whole answer was given');
    assert.equal(state.requests.size, 0);
  } finally {
    for (const socket of sockets) socket.destroy();
    await gateway.drain(0);
    await backend.close();
  }
});
