import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { duplexPair } from '../../../test/fixtures/duplex-pair.js';
import { objectionTo } from '../proxy/intake.js';
import { type Objection, type RequestHead, RequestParser } from './request.js';

interface Read {
  head: RequestHead | null;
  body: string;
  done: boolean;
  wrong: Objection | null;
  /** What came after it. */
  rest: string;
}

/** Reads the first request of these bytes, cut in pieces at these places. */
function read(text: string, cuts: readonly number[] = []): Read {
  const seen: Read = { head: null, body: '', done: false, wrong: null, rest: '' };
  const parser = new RequestParser(4_096, {
    head: (head) => {
      seen.head = head;
    },
    body: (bytes) => {
      seen.body += bytes.toString('latin1');
    },
  });
  const bytes = Buffer.from(text, 'latin1');
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  for (let i = 1; i < places.length && !seen.wrong; i++) {
    let piece: Buffer = bytes.subarray(places[i - 1], places[i]);
    while (piece.length > 0 && !parser.done) {
      const next = parser.feed(piece);
      if (!Buffer.isBuffer(next)) {
        seen.wrong = next;
        break;
      }
      piece = next;
    }
    seen.rest += piece.toString('latin1');
  }
  return { ...seen, done: parser.done };
}

const LENGTH = 'POST /v1/embeddings?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED = `POST / HTTP/1.1\r\nhost:x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nX-T: 1\r\n\r\n`;
const AFTER_AN_EMPTY_LINE = `\r\n${LENGTH}`;

describe('the parser of requests', () => {
  it('reads the same wherever the bytes are cut, and leaves the next request alone', () => {
    for (const text of [LENGTH, CHUNKED, AFTER_AN_EMPTY_LINE]) {
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 20 }), (cuts) => {
          const { head, body, done, wrong, rest } = read(`${text}GET / HTTP/1.1`, cuts);
          assert.deepEqual(
            { body, done, wrong, rest },
            { body: 'hello', done: true, wrong: null, rest: 'GET / HTTP/1.1' },
          );
          assert.deepEqual([head?.method, head?.keepAlive, head?.host], ['POST', true, 'x']);
        }),
      );
    }
  });

  it('a request that is cut is never whole, wherever', () => {
    for (const text of [LENGTH, CHUNKED]) {
      for (let end = 0; end < text.length; end++) {
        const { done, wrong } = read(text.slice(0, end));
        assert.deepEqual({ done, wrong }, { done: false, wrong: null }, JSON.stringify(text.slice(0, end)));
      }
    }
  });

  it('what a client may ask of its connection', () => {
    const keeps = (version: string, ...lines: string[]) =>
      read([`GET / HTTP/${version}`, 'Host: x', ...lines, '', ''].join('\r\n')).head?.keepAlive;
    assert.equal(keeps('1.1'), true);
    assert.equal(keeps('1.1', 'Connection: close'), false);
    assert.equal(keeps('1.1', 'Connection: X-A, Close'), false);
    assert.equal(keeps('1.0'), false);
    assert.equal(keeps('1.0', 'Connection: Keep-Alive'), true);
  });
});

const oneOf = (...texts: string[]) => fc.constantFrom(...texts);
const blank = oneOf('', '', '', ' ', ' ', ' ', '\t', '  ', '\u000b', '\u00a0', '\0');
const name = fc.oneof(
  oneOf(
    'Host',
    'host',
    'Content-Length',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'Expect',
    'X-A',
  ),
  oneOf('X A', 'X-A ', '', 'Content-Length\u0000', 'Transfer-Encoding\t', '(X)', 'X\u00e9'),
);
const value = fc.oneof(
  oneOf(
    'x',
    '5',
    '0',
    '05',
    '+5',
    '-1',
    '5, 5',
    '0x5',
    '5 ',
    'chunked',
    'Chunked',
    'chunked, chunked',
    'identity',
  ),
  oneOf('close', 'keep-alive', '100-continue', 'caf\u00e9', 'a\rb', 'a\nb', 'a\0b', '\u007f'),
  fc.string({ maxLength: 8 }),
);
const header = fc
  .tuple(name, blank, value, blank)
  .map(([n, before, v, after]) => `${n}:${before}${v}${after}`);
const start = fc.oneof(
  oneOf('POST / HTTP/1.1', 'POST /a?b=c HTTP/1.1', 'GET / HTTP/1.0', 'GET / HTTP/1.1', 'HEAD /x HTTP/1.1'),
  oneOf(
    'GET  / HTTP/1.1',
    'GET / HTTP/1.2',
    'GET / HTTP/2.0',
    'GET /\u00e9 HTTP/1.1',
    'GET /a b HTTP/1.1',
    'get / HTTP/1.1',
  ),
  oneOf(
    'G(T / HTTP/1.1',
    'GET / http/1.1',
    'GET /\t HTTP/1.1',
    '\r\nGET / HTTP/1.1',
    'GET http://x/ HTTP/1.1',
  ),
);
const body = fc.oneof(
  oneOf(
    'hello',
    '',
    '5\r\nhello\r\n0\r\n\r\n',
    '5;a=b\r\nhello\r\n0\r\n\r\n',
    '5\r\nhello\r\n0\r\nX: y\r\n\r\n',
    '0\r\n\r\n',
  ),
  oneOf(
    '5\nhello\n0\n\n',
    '05\r\nhello\r\n0\r\n\r\n',
    '5 \r\nhello\r\n0\r\n\r\n',
    '-5\r\nhello\r\n',
    '5\r\nhelloo\r\n0\r\n\r\n',
  ),
  oneOf(
    '5;a="\u0000"\r\nhello\r\n0\r\n\r\n',
    '5\r\nhello\r\n0\r\nno trailer\r\n\r\n',
    '5_\r\nhello\r\n0\r\n\r\n',
  ),
);
const lineEnd = fc.oneof({ weight: 20, arbitrary: oneOf('\r\n') }, oneOf('\n', '\r', '\r\r\n', '\r\n '));
const request = fc
  .tuple(start, fc.boolean(), fc.array(header, { maxLength: 2 }), lineEnd, body)
  .map(
    ([line, host, headers, end, rest]) =>
      `${[line, ...(host ? ['Host: x'] : []), ...headers, ''].join(end)}\r\n${rest}`,
  );

/** What node:http's server makes of the same bytes: of its first request, or null. */
async function readByNode(
  text: string,
): Promise<{ method: string; url: string; headers: string[]; body: string } | null> {
  const server = createServer();
  const [near, far] = duplexPair();
  try {
    return await new Promise((done) => {
      const take = (incoming: IncomingMessage) => {
        const { method = '', url = '', rawHeaders: headers } = incoming;
        buffer(incoming).then(
          (bytes) => done({ method, url, headers, body: bytes.toString('latin1') }),
          () => done(null),
        );
      };
      for (const event of ['request', 'checkContinue', 'checkExpectation']) server.once(event, take);
      server.once('clientError', () => done(null));
      far.on('error', () => {});
      server.emit('connection', near);
      far.write(Buffer.from(text, 'latin1'));
      far.resume();
      // All of it happens in memory: what has not come by then waits for more.
      let turns = 0;
      const wait = () => (++turns > 50 ? done(null) : setImmediate(wait));
      wait();
    });
  } finally {
    near.destroy();
    far.destroy();
  }
}

describe('the parser of requests beside node:http’s', () => {
  it('takes nothing that node:http would not take, and reads it as node:http does', async (t) => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(request, async (text) => {
        const ours = read(text);
        if (!ours.done || !ours.head || objectionTo(ours.head, Number.MAX_SAFE_INTEGER)) return;
        taken += 1;
        const node = await readByNode(text.slice(0, text.length - ours.rest.length));
        assert.ok(node, `node:http refuses ${JSON.stringify(text)}`);
        const { method, target, rawHeaders } = ours.head;
        assert.deepEqual(
          { method, url: target, headers: rawHeaders, body: ours.body },
          node,
          JSON.stringify(text),
        );
      }),
      { numRuns: 3_000 },
    );
    t.diagnostic(`${taken} of 3,000 were taken`);
    assert.ok(taken > 100, `only ${taken} were requests at all`);
  });
});
