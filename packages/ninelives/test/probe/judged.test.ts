import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { createGoldenStore } from '../../src/probe/golden.js';
import { runProbe } from '../../src/probe/run.js';
import { embed, environment, probe, specFor, type Work, withServer } from './bad-server.js';

const answer =
  (status: number, body: string, headers = {}) =>
  (_body: string, _request: unknown, response: ServerResponse) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body);
  };

test('each status has its reason, with the words of the server and the fix', async () => {
  const message = (text: string) => JSON.stringify({ error: { message: text } });
  const table: [Work, string, RegExp][] = [
    [answer(429, message('queue full')), 'busy', /HTTP 429: queue full/],
    [answer(503, '{"detail":"loading"}'), 'unavailable', /HTTP 503: loading/],
    [answer(500, message('CUDA error')), 'error', /HTTP 500: CUDA error/],
    [answer(500, ''), 'error', /^HTTP 500$/],
    [answer(401, 'no\u001b[31m'), 'misconfigured', /^HTTP 401: no \[31m; .*bearer_file/],
    [answer(404, message('no such model')), 'misconfigured', /no such model; .*probe.model/],
    [answer(422, '{}'), 'misconfigured', /HTTP 422: \{\}; /],
    [
      answer(302, '', { location: 'https://elsewhere/' }),
      'misconfigured',
      /HTTP 302: https:\/\/elsewhere\/; .*redirects/,
    ],
    [
      answer(200, '<!doctype html>', { 'content-type': 'text/html; charset=utf-8' }),
      'misconfigured',
      /text\/html/,
    ],
    [answer(200, '<!doctype html>'), 'wrong', /not JSON/],
  ];
  for (const [work, reason, detail] of table) {
    const outcome = await probe(work, {}, { cheapPaths: [] });
    assert.equal(outcome.reason, reason, outcome.detail);
    assert.match(outcome.detail, detail);
    assert.ok(outcome.status !== null);
  }
});

test('an error status counts even when its body never ends', async () => {
  const work: Work = (_body, _request, response) => {
    response.writeHead(500);
    response.write('half a');
  };
  const outcome = await probe(work, { deadlineMs: 400 });
  assert.deepEqual([outcome.reason, outcome.detail, outcome.status], ['error', 'HTTP 500', 500]);
});

test('vectors that are not right', async () => {
  const table: [Parameters<typeof embed>[0], string, RegExp][] = [
    [
      (vectors) => vectors.map((vector) => [...(vector as number[]).slice(1), Number.NaN]),
      'wrong',
      /1 of 16 .*NaN \(null\)/,
    ],
    [(vectors) => vectors.map(() => new Array(16).fill(0)), 'wrong', /all zeros/],
    [(vectors) => vectors.map(() => vectors[0]), 'wrong', /same vector/],
    [(vectors) => vectors.map((vector) => (vector as number[]).slice(1)), 'wrong', /15 numbers, expected 16/],
    [(vectors) => vectors.slice(1), 'wrong', /2 vectors came back/],
  ];
  for (const [change, reason, detail] of table) {
    const outcome = await probe(embed(change), {}, { cheapPaths: [], options: { vectorLength: 16 } });
    assert.equal(outcome.reason, reason, outcome.detail);
    assert.match(outcome.detail, detail);
  }
});

test('another model behind the same address drifts from the approved vectors; damage later on is wrong', async () => {
  let negate = false;
  const work = embed((vectors) =>
    negate
      ? vectors.map((vector) => (vector as number[]).map((value, i) => (i % 3 ? value : -value)))
      : vectors,
  );
  await withServer(work, async ({ url }) => {
    const learnt = createGoldenStore();
    assert.equal((await runProbe(specFor(url), environment({ golden: learnt }))).reason, 'ok');
    const approved = learnt.toJSON().provisional;
    const run = async (golden: ReturnType<typeof createGoldenStore>) =>
      (await runProbe(specFor(url, { cheapPaths: [] }), environment({ golden }))).reason;

    negate = true;
    assert.equal(await run(learnt), 'wrong');
    const fresh = createGoldenStore(approved);
    assert.equal(await run(fresh), 'drift');
    negate = false;
    assert.equal(await run(fresh), 'ok');
    negate = true;
    assert.equal(await run(fresh), 'wrong');
  });
});

test('the other kinds, over the wire', async () => {
  const says = (choice: object) => answer(200, JSON.stringify({ choices: [choice] }));
  const run = (kind: string, work: Work, options = {}) => probe(work, {}, { kind, options, cheapPaths: [] });
  assert.equal((await run('chat', says({ message: { content: 'hello' } }))).reason, 'ok');
  assert.equal((await run('chat', says({ message: { content: '!!!!!!!!' } }))).reason, 'wrong');
  assert.equal((await run('completions', says({ text: ' Paris.' }), { expect: 'paris' })).reason, 'ok');
  assert.equal((await run('completions', says({ text: '' }))).reason, 'wrong');

  const seen: string[] = [];
  const echo: Work = (body, request, response) => {
    seen.push(
      `${request.method} ${request.url} ${request.headers['content-type']} ${request.headers['x-a']} ${body}`,
    );
    response.writeHead(404).end('{"state":{"ok":true}}');
  };
  const options = {
    method: 'PUT',
    path: '/a?b=1',
    body: '{"q":1}',
    statuses: [404],
    json: { 'state.ok': true },
  };
  const fine = await probe(echo, {}, { kind: 'http', options, headers: { 'X-A': 'y' }, cheapPaths: [] });
  assert.deepEqual([fine.reason, fine.status], ['ok', 404]);
  assert.deepEqual(seen, ['PUT /a?b=1 application/json y {"q":1}']);
  const other = await probe(
    answer(204, ''),
    {},
    { kind: 'http', options: { statuses: [200] }, cheapPaths: [] },
  );
  assert.match(`${other.reason}: ${other.detail}`, /^wrong: HTTP 204, expected 200$/);
});
