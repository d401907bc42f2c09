import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { RESULT_OF } from '../../src/core/types.js';
import { createGoldenStore } from '../../src/probe/golden.js';
import { KINDS } from '../../src/probe/kinds/kinds.js';
import { MAX_BODY_BYTES, runProbe } from '../../src/probe/run.js';
import { startRawServer } from './bad-server.js';

const DEADLINE_MS = 120;
/** A loop that hangs would take for ever; a busy machine takes some seconds. */
const GENEROUS_MS = 20_000;
/** What the two kernels hold of a flood that nobody reads. */
const IN_BUFFERS = 16 * 1024 * 1024;

/** What a server does once it was asked: bytes in pieces, and then one of the ends that connections have. */
interface Misbehaviour {
  pieces: string[];
  end: 'end' | 'reset' | 'stall' | 'flood' | 'trickle';
}

const vector = fc.array(fc.oneof(fc.double(), fc.constant(null), fc.constant('NaN')), { maxLength: 40 });
const body = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc
    .array(vector, { minLength: 2, maxLength: 4 })
    .map((vectors) => JSON.stringify({ data: vectors.map((embedding) => ({ embedding })) }))
    .map((text) => text.replaceAll('"NaN"', 'NaN')),
  fc
    .tuple(fc.string({ maxLength: 30 }), fc.jsonValue())
    .map(([text, logprobs]) => JSON.stringify({ choices: [{ text, message: { content: text }, logprobs }] })),
);
const status = fc.oneof(
  { weight: 4, arbitrary: fc.constant(200) },
  fc.constantFrom(100, 101, 199, 204, 206, 301, 304, 400, 429, 500, 503, 599, 600, 999, 0),
);
const header = fc.constantFrom(
  'content-type: application/json',
  'content-type: text/html',
  'content-encoding: gzip',
  'content-length: 10',
  'content-length: 99999999999999999999',
  'content-length: -1',
  'transfer-encoding: chunked',
  'location: http://[',
  'connection: keep-alive',
  'set-cookie: \u0000',
  `x-long: ${'x'.repeat(20_000)}`,
);
const whole = fc
  .tuple(status, fc.array(header, { maxLength: 4 }), body)
  .map(
    ([code, headers, text]) =>
      `HTTP/1.1 ${code} Word\r\n${headers.map((line) => `${line}\r\n`).join('')}\r\n${text}`,
  );
const answer = fc.oneof({ weight: 5, arbitrary: whole }, fc.string({ unit: 'binary', maxLength: 300 }));
const misbehaviour: fc.Arbitrary<Misbehaviour> = fc
  .record({
    text: answer,
    cuts: fc.array(fc.nat(400), { maxLength: 3 }),
    end: fc.constantFrom('end', 'end', 'end', 'reset', 'stall', 'trickle', 'flood'),
  })
  .map(({ text, cuts, end }) => ({ pieces: cutUp(text, cuts), end: end as Misbehaviour['end'] }));

function cutUp(text: string, cuts: number[]): string[] {
  const at = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
  return at.slice(1).map((end, nth) => text.slice(at[nth], end));
}

test('whatever answers, the probe ends in time, reads no more than it may, and never throws', async (t) => {
  let now: Misbehaviour = { pieces: [], end: 'end' };
  let written = 0;
  const timers = new Set<NodeJS.Timeout>();
  const server = await startRawServer((socket) => {
    socket.once('data', () => void misbehave(socket, now, timers));
    socket.on('close', () => {
      written = Math.max(written, socket.bytesWritten);
    });
  });
  t.after(async () => {
    for (const timer of timers) clearInterval(timer);
    await server.close();
  });
  const kinds = fc.constantFrom(...Object.keys(KINDS));
  await fc.assert(
    fc.asyncProperty(kinds, misbehaviour, fc.nat(9), async (kind, next, attempt) => {
      now = next;
      written = 0;
      const options = kind === 'http' ? { json: { 'data[0].embedding': 1 } } : { expect: 'x' };
      const startedMs = performance.now();
      const outcome = await runProbe(
        { kind, url: server.url, model: null, headers: {}, cheapPaths: ['/health'], options },
        {
          fetch: globalThis.fetch,
          nowMs: () => performance.now(),
          deadlineMs: DEADLINE_MS,
          signal: new AbortController().signal,
          attempt,
          golden: createGoldenStore(),
        },
      );
      assert.ok(performance.now() - startedMs < GENEROUS_MS, 'it did not end');
      assert.ok(Object.hasOwn(RESULT_OF, outcome.reason), outcome.reason);
      assert.doesNotMatch(outcome.detail, /\p{Cc}/u);
      assert.ok(outcome.detail.length < 600, outcome.detail);
      assert.ok(written <= MAX_BODY_BYTES + IN_BUFFERS, `${written} bytes were taken`);
      assert.equal(outcome.reason === 'ok', outcome.detail === '');
    }),
    { numRuns: 250 },
  );
});

async function misbehave(
  socket: Socket,
  { pieces, end }: Misbehaviour,
  timers: Set<NodeJS.Timeout>,
): Promise<void> {
  for (const piece of pieces) {
    socket.write(Buffer.from(piece, 'latin1'));
    await new Promise(setImmediate);
  }
  if (end === 'end') socket.end();
  if (end === 'reset') socket.resetAndDestroy();
  const chunk = Buffer.alloc(256 * 1024, '[1,');
  if (end === 'flood') {
    const pour = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', pour);
    pour();
  }
  if (end !== 'trickle') return;
  const timer = setInterval(() => socket.destroyed || socket.write(' '), 20);
  timers.add(timer);
  socket.on('close', () => {
    clearInterval(timer);
    timers.delete(timer);
  });
}
