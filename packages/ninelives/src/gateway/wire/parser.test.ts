import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { AnswerHead } from './answer.js';
import { AnswerParser } from './parser.js';

interface Read {
  status: number;
  body: string;
  done: boolean;
  wrong: string | null;
  parser: AnswerParser;
}

/** Reads the bytes, cut in pieces at these places. */
function read(text: string, cuts: readonly number[] = [], method = 'POST'): Read {
  const seen: { head: AnswerHead | null; body: Buffer[] } = { head: null, body: [] };
  const parser = new AnswerParser(method, {
    head: (head) => {
      seen.head = head;
    },
    body: (bytes) => seen.body.push(bytes),
  });
  const bytes = Buffer.from(text, 'latin1');
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let wrong: string | null = null;
  for (let i = 1; i < places.length && wrong === null; i++) {
    wrong = parser.feed(bytes.subarray(places[i - 1], places[i]));
  }
  const body = Buffer.concat(seen.body).toString('latin1');
  return { status: seen.head?.status ?? 0, body, done: parser.done, wrong, parser };
}

const LENGTH = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED =
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nX-T: 1\r\n\r\n';
const CONTINUED = `HTTP/1.1 100 Continue\r\n\r\n${LENGTH}`;

describe('the parser of answers', () => {
  it('reads the same wherever the bytes are cut', () => {
    for (const text of [LENGTH, CHUNKED, CONTINUED]) {
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 20 }), (cuts) => {
          const { status, body, done, wrong, parser } = read(text, cuts);
          assert.deepEqual(
            { status, body, done, wrong, again: parser.keepAlive },
            { status: 200, body: 'hello', done: true, wrong: null, again: true },
          );
        }),
      );
    }
  });

  it('an answer that is cut is never whole, wherever', () => {
    for (const text of [LENGTH, CHUNKED, CONTINUED]) {
      for (let end = 0; end < text.length; end++) {
        const { parser, wrong } = read(text.slice(0, end));
        assert.equal(wrong, null);
        assert.equal(parser.eof(), false, `${JSON.stringify(text.slice(0, end))} passed for whole`);
      }
    }
  });

  it('no body where there is none; the end of the connection where nothing else says it', () => {
    assert.equal(read('HTTP/1.1 204 No Content\r\n\r\n').done, true);
    assert.equal(read('HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n').done, true);
    assert.equal(read('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n', [], 'HEAD').done, true);
    assert.equal(read('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n').done, true);
    const open = read('HTTP/1.0 200 OK\r\n\r\nhello');
    assert.equal(open.done, false);
    assert.equal(open.parser.eof(), true);
    assert.equal(open.parser.keepAlive, false);
  });

  it('a connection with more on it than was asked for is not used again', () => {
    assert.equal(read(`${LENGTH}HTTP/1.1 200 OK\r\n\r\n`).parser.keepAlive, false);
    assert.equal(
      read('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n').parser.keepAlive,
      false,
    );
  });

  it('refuses what could be read in two ways', () => {
    const head = (lines: string) => `HTTP/1.1 200 OK\r\n${lines}\r\n\r\n`;
    const wrong = [
      head('Content-Length: 5\r\nTransfer-Encoding: chunked'),
      head('Content-Length: 5\r\nContent-Length: 6'),
      head('Content-Length: +5'),
      head('Content-Length: 5, 5'),
      head('Transfer-Encoding: gzip, chunked'),
      head('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'),
      head('X-A: 1\r\n folded'),
      head('no colon'),
      head('X A: 1'),
      head('X-A: a\0b'),
      'HTTP/2 200\r\n\r\n',
      'HTTP/1.1 20 OK\r\n\r\n',
      'HTTP/1.1 101 Switching Protocols\r\n\r\n',
      `${head('Transfer-Encoding: chunked')}zz\r\n`,
      `${head('Transfer-Encoding: chunked')}3\r\nabcd\r\n`,
      `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(70_000)}`,
    ];
    for (const text of wrong)
      assert.equal(typeof read(text).wrong, 'string', JSON.stringify(text.slice(0, 80)));
  });

  it('never throws, and never calls noise an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(), { maxLength: 5 }), (noise, cuts) => {
        assert.equal(read(Buffer.from(noise).toString('latin1'), cuts).done, false);
      }),
    );
  });
});
