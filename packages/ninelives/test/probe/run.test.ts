import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGoldenStore } from '../../src/probe/golden.js';
import type { ProbeEnvironment, ProbeSpec } from '../../src/probe/probe.js';
import { probeUrl, runProbe } from '../../src/probe/run.js';
import {
  embed,
  environment,
  probe,
  specFor,
  startBadServer,
  startRawServer,
  type Work,
  withServer,
} from './bad-server.js';

test('right answers pass; cheap endpoints are left alone; each probe has its own connection', async () => {
  await withServer(embed(), async (server) => {
    const golden = createGoldenStore();
    for (const attempt of [0, 1, 2, 3]) {
      const { tookMs, ...outcome } = await runProbe(specFor(server.url), environment({ attempt, golden }));
      assert.deepEqual(outcome, { reason: 'ok', detail: '', status: 200, cheap: [] });
      assert.ok(tookMs > 0);
    }
    assert.deepEqual(server.asked, ['/v1/embeddings', '/v1/embeddings', '/v1/embeddings', '/v1/embeddings']);
    assert.equal(server.connections(), 4);
    assert.equal(Object.keys(golden.toJSON().provisional).length, 6);
  });
});

test('accepts and never answers: timeout, and the evidence of who lies at that moment', async () => {
  const { tookMs, cheap, ...outcome } = await probe(() => {}, { deadlineMs: 400 });
  assert.deepEqual(outcome, { reason: 'timeout', detail: 'no answer within 0.4 s', status: null });
  assert.deepEqual(
    cheap.map(({ path, status }) => [path, status]),
    [
      ['/health', 200],
      ['/v1/models', null],
    ],
  );
  assert.ok(tookMs >= 390 && tookMs < 10_000, String(tookMs));
});

test('headers, then silence', async () => {
  const work: Work = (_body, _request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"data":[');
  };
  const outcome = await probe(work, { deadlineMs: 400 });
  assert.equal(outcome.reason, 'timeout');
  assert.equal(outcome.status, 200);
  assert.match(outcome.detail, /began \(HTTP 200\) but was not whole within 0.4 s/);
});

test('a body that drips for ever does not outlive the deadline', async () => {
  const work: Work = (_body, _request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const drip = setInterval(() => response.write(' '), 20);
    response.on('close', () => clearInterval(drip));
  };
  assert.equal((await probe(work, { deadlineMs: 400 })).reason, 'timeout');
});

test('an endless body is cut at its limit, and the connection is let go', async () => {
  const chunk = Buffer.alloc(256 * 1024, 'x');
  const work: Work = (_body, _request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const pump = () => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on('drain', pump);
    pump();
  };
  await withServer(work, async (server) => {
    const outcome = await runProbe(specFor(server.url, { cheapPaths: [] }), environment());
    assert.equal(outcome.reason, 'wrong');
    assert.match(outcome.detail, /longer than 8 MiB/);
    for (let i = 0; i < 500 && server.open() > 0; i++)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(server.open(), 0);
  });
});

test('connections that end early are resets', async () => {
  const truncated: Work = (_body, _request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    response.write('{"data":', () => response.destroy());
  };
  const chunkless: Work = (_body, _request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"data":', () => response.socket?.end());
  };
  const reset: Work = (_body, request) => void request.socket.resetAndDestroy();
  const closed: Work = (_body, request) => void request.socket.end();
  for (const work of [truncated, chunkless, reset, closed]) {
    const outcome = await probe(work, {}, { cheapPaths: ['/health'] });
    assert.equal(outcome.reason, 'reset', outcome.detail);
    assert.deepEqual([outcome.cheap[0]?.path, outcome.cheap[0]?.status], ['/health', 200]);
  }
});

test('nobody listens: refused, by number and by name', async () => {
  const server = await startBadServer(() => {});
  await server.close();
  for (const url of [server.url, server.url.replace('127.0.0.1', 'localhost')]) {
    const outcome = await runProbe(specFor(url), environment());
    assert.equal(outcome.reason, 'refused', outcome.detail);
    assert.deepEqual(
      outcome.cheap.map(({ status }) => status),
      [null, null],
    );
  }
});

test('what speaks no HTTP or no TLS is our mistake, not the service’s fault', async () => {
  const ssh = await startRawServer((socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'));
  try {
    const outcome = await runProbe(specFor(ssh.url, { cheapPaths: [] }), environment());
    assert.equal(outcome.reason, 'misconfigured', outcome.detail);
    const tls = await runProbe(
      specFor(ssh.url.replace('http:', 'https:'), { cheapPaths: [] }),
      environment(),
    );
    assert.equal(tls.reason, 'misconfigured', tls.detail);
  } finally {
    await ssh.close();
  }
});

test('our own faults are never the service’s', async () => {
  const cut = new AbortController();
  cut.abort();
  const failing = (cause: object) => () => Promise.reject(new TypeError('fetch failed', { cause }));
  const table: [Partial<ProbeSpec>, Partial<ProbeEnvironment>, string, RegExp][] = [
    [{}, { signal: cut.signal }, 'blind', /stopped/],
    [{}, { fetch: failing({ code: 'EMFILE', message: 'too many open files' }) }, 'blind', /descriptors/],
    [{}, { fetch: failing({ code: 'ENOTFOUND' }) }, 'blind', /host name/],
    [{ kind: 'nope' }, {}, 'misconfigured', /no probe kind "nope"/],
    [{ url: 'not a url' }, {}, 'misconfigured', /can't be built/],
    [{ headers: { 'bad name': 'x' } }, {}, 'misconfigured', /can't be built/],
    [{ url: 'http://127.0.0.1:6000' }, {}, 'misconfigured', /bad port/],
    [{ options: { texts: null } }, {}, 'misconfigured', /can't be built/],
  ];
  for (const [spec, env, reason, detail] of table) {
    const outcome = await runProbe(specFor('http://127.0.0.1:9', spec), environment(env));
    assert.equal(outcome.reason, reason, outcome.detail);
    assert.match(outcome.detail, detail);
  }
});

test('a caller who stops waiting gets an answer at once, and so does one whose fetch ignores the deadline', async () => {
  await withServer(
    () => {},
    async ({ url }) => {
      const stop = new AbortController();
      const running = runProbe(specFor(url), environment({ deadlineMs: 60_000, signal: stop.signal }));
      setTimeout(() => stop.abort(), 50);
      const outcome = await running;
      assert.deepEqual([outcome.reason, outcome.cheap], ['blind', []]);
    },
  );
  const keepAlive = setInterval(() => {}, 1_000);
  try {
    const deaf = environment({ fetch: () => new Promise(() => {}), deadlineMs: 200 });
    const outcome = await runProbe(specFor('http://127.0.0.1:9'), deaf);
    assert.deepEqual([outcome.reason, outcome.cheap.map(({ status }) => status)], ['timeout', [null, null]]);
  } finally {
    clearInterval(keepAlive);
  }
});

test('the path of the kind is added unless the URL has one', () => {
  const table: [string, string][] = [
    ['http://h:1', 'http://h:1/v1/embeddings'],
    ['http://h:1/', 'http://h:1/v1/embeddings'],
    ['http://h:1/v1', 'http://h:1/v1/embeddings'],
    ['http://h:1/openai/v1/', 'http://h:1/openai/v1/embeddings'],
    ['http://h:1/embed', 'http://h:1/embed'],
    ['http://h:1/embed?x=1', 'http://h:1/embed?x=1'],
  ];
  for (const [given, url] of table) assert.equal(probeUrl(given, '/v1/embeddings').href, url);
});
