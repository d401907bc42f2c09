import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import type { Gateway } from '../../src/gateway/gateway.js';
import { Backend, openGateway, until } from './stage.js';

const post = (version: string, text: string, ...headers: string[]) => {
  const body = JSON.stringify({ input: [text] });
  const lines = [
    `POST /v1/embeddings HTTP/${version}`,
    'Host: x',
    `Content-Length: ${body.length}`,
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
};

/** A client's connection, and all that came on it so far. */
function open(port: number): { socket: Socket; said(): string; ended(): boolean } {
  let text = '';
  let over = false;
  const socket = connect(port, '127.0.0.1');
  socket.on('data', (part) => (text += part.toString('latin1')));
  socket.on('error', () => {}); // a reset is an end too
  for (const event of ['end', 'close']) socket.on(event, () => (over = true));
  return { socket, said: () => text, ended: () => over };
}

const answers = (said: string) => said.match(/HTTP\/1\.1 200 /g)?.length ?? 0;

describe('one connection of a client', () => {
  let backend: Backend;
  let gateway: Gateway & { url: string };
  before(async () => {
    backend = await Backend.start();
    gateway = await openGateway(backend.port, { front: { aheadMax: 200 } });
  });
  after(async () => {
    await gateway?.drain(0);
    await backend?.close();
  });

  it('requests that come ahead of their turn are answered in order, however many and however they are cut', async () => {
    const { socket, said } = open(gateway.port);
    const texts = Array.from({ length: 12 }, (_, i) => `wait:${i === 0 ? 300 : 1} of ahead ${i}`);
    const bytes = texts.map((text) => post('1.1', text)).join('');
    for (let from = 0; from < bytes.length; from += 97) socket.write(bytes.slice(from, from + 97));
    await until('all are answered', () => answers(said()) === texts.length);
    const places = texts.map((text) => said().indexOf(`"${text}"`));
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
    assert.ok(places.every((place) => place > 0));
    for (const text of texts) assert.equal(backend.copies().get(text), 1);
    socket.destroy();
  });

  it('HTTP/1.0: closed after its answer, unless it asks to be kept; and no 100 Continue', async () => {
    const once = open(gateway.port);
    once.socket.write(post('1.0', 'of old', 'Expect: 100-continue'));
    await until('it is ended', once.ended);
    assert.match(once.said(), /^HTTP\/1\.1 200 /);
    assert.match(once.said(), /^Connection: close\r$/m);
    const kept = open(gateway.port);
    for (const nth of [1, 2]) {
      kept.socket.write(post('1.0', 'of old, kept', 'Connection: keep-alive'));
      await until('an answer', () => answers(kept.said()) === nth);
    }
    assert.equal(kept.ended(), false);
    kept.socket.destroy();
  });

  it('100 Continue where it is waited for; any other expectation is refused', async () => {
    const waits = open(gateway.port);
    const [head = '', body = ''] = post('1.1', 'waits for us', 'Expect: 100-continue').split('\r\n\r\n');
    waits.socket.write(`${head}\r\n\r\n`);
    await until('it may go on', () => waits.said() === 'HTTP/1.1 100 Continue\r\n\r\n');
    waits.socket.write(body);
    await until('its answer', () => answers(waits.said()) === 1);
    waits.socket.destroy();
    const other = open(gateway.port);
    other.socket.write(post('1.1', 'expects more', 'Expect: the moon'));
    await until('it is refused', other.ended);
    assert.match(other.said(), /^HTTP\/1\.1 417 /);
    assert.equal(backend.copies().get('expects more'), undefined);
  });
});
