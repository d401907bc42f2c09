import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Backend, crowd, freePort, until } from './stage.js';

const MAIN = fileURLToPath(new URL('./gateway-main.js', import.meta.url));
const CRLF = '\r\n';
/** A process of ours that was never attacked has about 90 MB. */
const RSS_MAX = 400 * 1024 * 1024;

/** How a client behaves that means no good, or has no luck. */
type Manner = 'whole' | 'half-close' | 'reset' | 'never-reads' | 'drips' | 'leaves-it-open';

interface Attack {
  bytes: string;
  /** Cut off after so many bytes, as a share of all. */
  share: number;
  manner: Manner;
}

/** A request that must not be carried out, wherever it is hidden. */
const HIDDEN_BODY = JSON.stringify({ input: ['smuggled'] });
const HIDDEN = [
  'POST /v1/embeddings HTTP/1.1',
  'Host: x',
  `Content-Length: ${HIDDEN_BODY.length}`,
  '',
  HIDDEN_BODY,
].join(CRLF);

/** Each of these leaves open where the body ends, or is no HTTP at all: nothing behind it may be believed. */
const unclear = fc.constantFrom(
  ['Content-Length: 4', 'Transfer-Encoding: chunked'],
  ['Transfer-Encoding: chunked', 'Content-Length: 6'],
  ['Content-Length: 0', 'Content-Length: 30'],
  ['Content-Length: 0, 30'],
  ['Content-Length: -1'],
  ['Content-Length: 0x10'],
  ['Content-Length: 1e1'],
  ['Transfer-Encoding: chunked, identity'],
  ['Transfer-Encoding: identity', 'Transfer-Encoding: chunked', 'Content-Length: 3'],
  ['Transfer-Encoding : chunked', 'Content-Length: 0'],
  ['Transfer-Encoding:\u000bchunked', 'Content-Length: 0'],
  ['X: y\nTransfer-Encoding: chunked', 'Content-Length: 0'],
  [' Transfer-Encoding: chunked', 'Content-Length: 0'],
  ['Transfer-Encoding: "chunked"', 'Content-Length: 0'],
);
const nastyHeader = fc.oneof(
  fc.string({ maxLength: 60 }).map((text) => `X-Any: ${text}`),
  fc.string({ maxLength: 60 }),
  fc.constantFrom(
    'Expect: 100-continue',
    'Connection: close, content-length',
    'Upgrade: websocket',
    'TE: trailers',
  ),
  fc.constantFrom('X-Forwarded-For: \u0000', 'X-Request-Id: a\tb', 'Host: evil', 'Authorization: Bearer x'),
  fc.integer({ min: 1, max: 200_000 }).map((length) => `X-Long: ${'a'.repeat(length)}`),
  fc
    .integer({ min: 1, max: 3_000 })
    .map((count) => Array.from({ length: count }, (_, i) => `X-${i}: y`).join(CRLF)),
);
const start = fc.oneof(
  fc.constantFrom(
    'POST /v1/embeddings HTTP/1.1',
    'GET /v1/models HTTP/1.1',
    'HEAD / HTTP/1.0',
    'PRI * HTTP/2.0',
  ),
  fc.constantFrom(
    'GET //../../etc HTTP/1.1',
    'CONNECT a:1 HTTP/1.1',
    'POST  /v1/embeddings HTTP/1.1',
    'GET / HTTP/9.9',
  ),
  fc.string({ maxLength: 40 }),
  fc.integer({ min: 1, max: 100_000 }).map((length) => `GET /${'p'.repeat(length)} HTTP/1.1`),
);
const smuggling = fc
  .tuple(
    unclear,
    fc.array(nastyHeader, { maxLength: 2 }),
    fc.constantFrom('', '0\r\n\r\n', '5\r\nabc', 'abcd'),
  )
  .map(([framing, more, between]) =>
    [`POST /v1/embeddings HTTP/1.1`, 'Host: x', ...framing, ...more, '', between + HIDDEN].join(CRLF),
  );
const nonsense = fc
  .tuple(start, fc.array(nastyHeader, { maxLength: 4 }), fc.string({ maxLength: 200 }))
  .map(([line, headers, body]) => [line, ...headers, '', body].join(CRLF));
const noise = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
/** Healthy requests one behind the other, whose large answers nobody takes. */
const greedy = fc.integer({ min: 1, max: 40 }).map((count) => {
  const body = JSON.stringify({ input: [`size:${500_000}`] });
  const head = `POST /v1/embeddings HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.7\r\nContent-Length: ${body.length}`;
  return `${head}\r\n\r\n${body}`.repeat(count);
});
const attack: fc.Arbitrary<Attack> = fc.record({
  bytes: fc.oneof({ weight: 3, arbitrary: smuggling }, { weight: 3, arbitrary: nonsense }, noise, greedy),
  share: fc.constantFrom(1, 1, 1, 0.99, 0.5, 0.1),
  manner: fc.constantFrom(
    'whole',
    'half-close',
    'half-close',
    'reset',
    'never-reads',
    'drips',
    'leaves-it-open',
  ),
});

/** Resolves once everything is sent and an answer, an end or a short while has come. */
async function carryOut(
  port: number,
  { bytes, share, manner }: Attack,
  open: Set<() => void>,
): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}); // a reset is an answer too
  const part = Buffer.from(bytes, 'latin1').subarray(0, Math.ceil(share * bytes.length));
  if (manner !== 'never-reads') socket.on('data', () => {});
  const first = (...events: string[]) =>
    new Promise<void>((done) => {
      for (const event of events) socket.once(event, () => done());
    });
  await first('connect', 'close');
  const answered = first('data', 'close', 'end');
  if (manner === 'drips') {
    for (const byte of part.subarray(0, 20)) socket.write(Buffer.of(byte));
    socket.write(part.subarray(20));
  } else if (manner === 'half-close') socket.end(part);
  else socket.write(part);
  if (manner === 'reset') return void socket.resetAndDestroy();
  if (manner === 'whole' || manner === 'half-close') {
    const patience = new Promise((done) => setTimeout(done, 200).unref());
    await Promise.race([answered, patience]);
    socket.destroy();
    return;
  }
  open.add(() => socket.destroy());
}

describe('fuzz of raw HTTP at the public port', () => {
  let backend: Backend;
  let port: number;
  let gateway: ChildProcess;
  before(async () => {
    backend = await Backend.start();
    port = await freePort();
    const args = [MAIN, String(port), `http://127.0.0.1:${backend.port}`, backend.folder];
    gateway = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    gateway.stdout?.on('data', (text) => {
      said += text;
    });
    await until('it listens', () => said.includes('listening'));
  });
  after(async () => {
    if (gateway.exitCode === null && gateway.signalCode === null) {
      gateway.kill('SIGKILL');
      await once(gateway, 'exit');
    }
    await backend.close();
  });

  const rss = () => {
    const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  };

  it('it stays up, its memory stays bounded, nothing is smuggled in, and neighbours are answered', async (t) => {
    const neighbours = crowd(`http://127.0.0.1:${port}`, 3);
    const open = new Set<() => void>();
    let highest = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(attack, { minLength: 8, maxLength: 16 }), async (attacks) => {
          await Promise.all(attacks.map((one) => carryOut(port, one, open)));
          highest = Math.max(highest, rss());
          assert.equal(gateway.exitCode, null, 'it ended');
          assert.ok(highest < RSS_MAX, `${(highest / 1e6).toFixed(0)} MB`);
          assert.equal(backend.copies().get('smuggled'), undefined, 'a hidden request was carried out');
        }),
        // Bounded in time too: what was not shown by then is for the next run, with another seed.
        { numRuns: 60, interruptAfterTimeLimit: 15_000, endOnFailure: true },
      );
    } finally {
      for (const close of open) close();
    }
    const { calls, failed } = await neighbours.stop();
    t.diagnostic(`${calls} calls of neighbours, at most ${(highest / 1e6).toFixed(0)} MB`);
    assert.deepEqual(failed, []);
    assert.ok(calls >= 10, `only ${calls} calls`);
    assert.equal(backend.deaths, 0);
  });
});
