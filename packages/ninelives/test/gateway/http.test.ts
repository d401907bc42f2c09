import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Gateway } from '../../src/gateway/gateway.js';
import { ask, Backend, openGateway, until } from './stage.js';

type Opened = Gateway & { url: string };

/** Raw bytes in, everything that comes back out. */
async function raw(
  port: number,
  bytes: string | Buffer,
  options: { halfClose?: boolean } = {},
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  socket.on('data', (part) => parts.push(part));
  socket.on('error', () => {}); // a reset is an answer too
  if (options.halfClose) socket.end(bytes);
  else socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(parts).toString('latin1');
}

const BODY = JSON.stringify({ input: ['fuzz'] });
const post = (headers: string[], body = BODY) =>
  `POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers.join('\r\n')}\r\n\r\n${body}`;

describe('the public port', () => {
  let backend: Backend;
  let gateway: Opened;
  let tight: Opened;
  before(async () => {
    backend = await Backend.start();
    gateway = await openGateway(backend.port, {
      privateSocket: join(backend.folder, 'gateway.sock'),
      metrics: { host: '127.0.0.1', port: 0 },
    });
    tight = await openGateway(backend.port, {
      front: { bodyMax: 10_000, headMs: 500, requestMs: 1_000, connectionsMax: 200 },
    });
  });
  after(async () => {
    await gateway?.drain(0);
    await tight?.drain(0);
    await backend?.close();
  });

  /** Whatever was done to it, it still serves. */
  const serves = async (set: Opened) => assert.equal((await ask(set.url, 'still there')).status, 200);

  it('request smuggling: what can be read in two ways is refused, and never reaches the backend', async () => {
    const hidden = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
    const attacks = {
      'CL and TE': post(['Content-Length: 4', 'Transfer-Encoding: chunked'], `0\r\n\r\n${hidden}`),
      'TE and CL': post(['Transfer-Encoding: chunked', 'Content-Length: 4'], `0\r\n\r\n${hidden}`),
      'two CL': post(['Content-Length: 4', 'Content-Length: 40'], hidden),
      'the same CL twice': post([`Content-Length: ${BODY.length}`, `Content-Length: ${BODY.length}`]),
      'a list of CL': post(['Content-Length: 4, 4'], hidden),
      'negative CL': post(['Content-Length: -1']),
      'signed CL': post(['Content-Length: +4'], hidden),
      'TE twice': post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], '0\r\n\r\n'),
      'TE in disguise': post(['Transfer-Encoding: xchunked'], '0\r\n\r\n'),
      'TE with a tab': post(['Transfer-Encoding:\tchunked, identity'], '0\r\n\r\n'),
      'space before the colon': post(['Content-Length : 4'], hidden),
      'a folded header': post(['X-A: 1\r\n Content-Length: 4'], hidden),
      'bare LF': `POST /v1/embeddings HTTP/1.1\nHost: x\nContent-Length: 0\n\n${hidden}`,
      'a bad chunk size': post(['Transfer-Encoding: chunked'], `0x4\r\nabcd\r\n0\r\n\r\n${hidden}`),
      'a chunk too long': post(['Transfer-Encoding: chunked'], `4\r\nabcdef\r\n0\r\n\r\n${hidden}`),
      'NUL in a header': post(['X-A: a\0b', 'Content-Length: 0']),
      'two hosts': 'GET /v1/models HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n',
      'no host': 'GET /v1/models HTTP/1.1\r\n\r\n',
      'absolute target': 'GET http://elsewhere/v1/models HTTP/1.1\r\nHost: x\r\n\r\n',
      CONNECT: 'CONNECT elsewhere:443 HTTP/1.1\r\nHost: x\r\n\r\n',
      TRACE: 'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n',
      'not HTTP': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    };
    for (const [name, bytes] of Object.entries(attacks)) {
      const said = await raw(gateway.port, bytes, { halfClose: true });
      assert.doesNotMatch(said, /^HTTP\/1\.1 [23]/, `${name}: ${said}`);
      assert.ok((said.match(/^HTTP\/1\.1 /gm) ?? []).length <= 1, `${name}: more than one answer: ${said}`);
    }
    await serves(gateway);
    assert.deepEqual([...backend.copies().keys()], ['still there']);
  });

  it('random bytes and cut requests: it stays up', async () => {
    const whole = post([`Content-Length: ${BODY.length}`]);
    const attempts: Promise<string>[] = [];
    for (let i = 1; i < whole.length; i += 7)
      attempts.push(raw(tight.port, whole.slice(0, i), { halfClose: true }));
    for (let i = 0; i < 50; i++) {
      const noise = Buffer.from(
        Array.from({ length: 200 }, (_, j) => (i * 7919 + j * 104_729 + i * j * 31) % 256),
      );
      attempts.push(raw(tight.port, noise, { halfClose: true }));
    }
    for (const said of await Promise.all(attempts)) assert.doesNotMatch(said, /^HTTP\/1\.1 2/);
    await serves(tight);
  });

  it('slow-loris: those who send a byte at a time are cut off, others are served meanwhile', async () => {
    const slow = Array.from({ length: 100 }, () => {
      const socket = connect(tight.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.on('data', () => {});
      socket.write('POST /v1/embeddings HTTP/1.1\r\nHost: x\r\n');
      return socket;
    });
    const drip = setInterval(() => {
      for (const socket of slow) if (!socket.destroyed) socket.write('X');
    }, 100);
    try {
      await serves(tight);
      await until('all are cut off', () =>
        slow.every((socket: Socket) => socket.destroyed || socket.readableEnded),
      );
      await serves(tight);
    } finally {
      clearInterval(drip);
      for (const socket of slow) socket.destroy();
    }
  });

  it('giant heads are refused with 431, and half a body is not waited for', async () => {
    assert.match(
      await raw(tight.port, `GET / HTTP/1.1\r\nX-A: ${'a'.repeat(100_000)}\r\n\r\n`),
      /^HTTP\/1\.1 431/,
    );
    assert.match(await raw(tight.port, post(['Content-Length: 500'], 'short')), /^(HTTP\/1\.1 408|$)/);
    await serves(tight);
  });

  it('a body beyond the limit is refused with 413, said or not, and the connection goes on', async () => {
    const big = await ask(tight.url, 'x'.repeat(20_000));
    assert.equal(big.status, 413);
    assert.equal((JSON.parse(big.text) as { error: { src: string } }).error.src, 'ninelives-gateway');
    const chunk = 'y'.repeat(0x1000);
    const chunked = post(
      ['Transfer-Encoding: chunked', 'Connection: close'],
      `1000\r\n${chunk}\r\n`.repeat(5),
    );
    assert.match(await raw(tight.port, `${chunked}0\r\n\r\n`), /^HTTP\/1\.1 413/);
    const expects = post(['Content-Length: 20000', 'Expect: 100-continue'], '');
    assert.match(await raw(tight.port, expects), /^HTTP\/1\.1 413/);
    await serves(tight);
  });

  it('8 MB there and back', async () => {
    const { status, text } = await ask(gateway.url, `size:${8 * 1024 * 1024}`);
    assert.equal(status, 200);
    assert.equal((JSON.parse(text) as { padding: string }).padding.length, 8 * 1024 * 1024);
    const long = 'z'.repeat(8 * 1024 * 1024);
    assert.equal((JSON.parse((await ask(gateway.url, long)).text) as { text: string }).text, long);
  });

  it('headers as a good proxy treats them; keep-alive; HEAD', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const get = async (method: string, headers: Record<string, string>) => {
      const sent = request(`${gateway.url}/v1/models`, { method, agent, headers });
      sent.end();
      const [response] = await once(sent, 'response');
      const parts: Buffer[] = [];
      for await (const part of response) parts.push(part as Buffer);
      return { response, reused: sent.reusedSocket, text: Buffer.concat(parts).toString() };
    };
    try {
      const first = await get('GET', {
        ...{ Connection: 'keep-alive, X-Secret', 'X-Secret': 'hop', TE: 'trailers', 'X-Kept': 'kept' },
        ...{ 'X-Request-Id': 'abc-1', 'X-Forwarded-For': '203.0.113.9', Authorization: 'Bearer t' },
      });
      const seen = JSON.parse(first.text) as Record<string, string>;
      assert.equal(seen['x-secret'], undefined);
      assert.equal(seen.te, undefined);
      assert.equal(seen['x-kept'], 'kept');
      assert.equal(seen.authorization, 'Bearer t');
      assert.equal(seen['x-request-id'], 'abc-1');
      assert.equal(seen['x-forwarded-for'], '203.0.113.9, 127.0.0.1');
      assert.equal(seen['x-forwarded-host'], `127.0.0.1:${gateway.port}`);
      assert.equal(seen.host, `127.0.0.1:${backend.port}`);
      assert.equal(first.response.headers['x-request-id'], 'abc-1');
      const second = await get('HEAD', { 'X-Request-Id': 'bad\tid' });
      assert.equal(second.reused, true);
      assert.equal(second.text, '');
      assert.match(String(second.response.headers['x-request-id']), /^id-/);
    } finally {
      agent.destroy();
    }
  });

  it('the private socket tells metrics and evidence, and hears whose a death is', async () => {
    const own = (method: string, path: string) =>
      new Promise<{ status: number; text: string }>((done, fail) => {
        const sent = request(
          { socketPath: join(backend.folder, 'gateway.sock'), method, path },
          (response) => {
            let text = '';
            response.on('data', (part) => {
              text += part;
            });
            response.on('end', () => done({ status: response.statusCode ?? 0, text }));
          },
        );
        sent.on('error', fail);
        sent.end();
      });
    const metrics = await own('GET', '/metrics');
    assert.match(metrics.text, /^ninelives_gateway_ends_total\{end="answered"\} [1-9]/m);
    assert.match(metrics.text, /^ninelives_gateway_limit\{limit="holdMs"\} 85000$/m);
    assert.match(metrics.text, /^ninelives_gateway_turned_away_total\{code="bad_request"\} [1-9]/m);
    const scraped = `http://127.0.0.1:${gateway.metricsPort}`;
    assert.match(
      await (await fetch(`${scraped}/metrics`)).text(),
      /^ninelives_gateway_requests_total [1-9]/m,
    );
    assert.equal((await fetch(`${scraped}/told?by=drill&death=next`, { method: 'POST' })).status, 404);
    const evidence = JSON.parse((await own('GET', '/evidence')).text) as {
      completions: number;
      oldestMs: null;
      backend: { readiness: string };
      durations: { route: string }[];
    };
    assert.ok(evidence.completions > 0);
    assert.equal(evidence.oldestMs, null);
    assert.equal(evidence.backend.readiness, 'ready');
    assert.ok(evidence.durations.some(({ route }) => route === 'POST /v1/embeddings'));
    assert.equal((await own('POST', '/told?by=drill&death=next')).status, 200);
    assert.equal((await own('POST', '/told?by=nobody&death=next')).status, 400);
    assert.equal((await own('GET', '/v1/models')).status, 404);
    assert.equal(
      (
        JSON.parse((await ask(gateway.url, 'x', { path: '/told?by=drill&death=next' })).text) as {
          text: string;
        }
      ).text,
      'x',
    );
  });

  it('API keys and their rate', async () => {
    const guarded = await openGateway(backend.port, {
      keys: ['first key', 'second key'],
      rate: { perMinute: 1, burst: 2 },
    });
    const call = (headers: Record<string, string>) =>
      fetch(`${guarded.url}/v1/models`, { headers }).then(async (response) => ({
        status: response.status,
        headers: response.headers,
        seen: (await response.json()) as Record<string, string>,
      }));
    try {
      assert.equal((await call({})).status, 401);
      assert.equal((await call({ Authorization: 'Bearer first keyx' })).status, 401);
      const right = await call({ Authorization: 'Bearer first key' });
      assert.equal(right.status, 200);
      assert.equal(right.seen.authorization, undefined, 'our key went on to the backend');
      assert.equal((await call({ 'X-Api-Key': 'first key' })).status, 200);
      const third = await call({ Authorization: 'Bearer first key' });
      assert.equal(third.status, 429);
      assert.ok(Number(third.headers.get('retry-after')) > 1);
      assert.equal((await call({ Authorization: 'Bearer second key' })).status, 200);
    } finally {
      await guarded.drain(0);
    }
  });

  it('a socket file left by a gateway that was killed is no obstacle', async () => {
    const path = join(backend.folder, 'left.sock');
    writeFileSync(path, '');
    const next = await openGateway(backend.port, { privateSocket: path });
    await serves(next);
    await next.drain(0);
  });
});
