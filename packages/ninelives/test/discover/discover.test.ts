import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { type Answers, PATHS } from '../../src/discover/apis/answers.js';
import { API_TITLES, type ApiName, recognise } from '../../src/discover/apis/table.js';
import { discover } from '../../src/discover/discover.js';
import type { Found } from '../../src/discover/found.js';
import { tunnelOf } from '../../src/discover/tunnels.js';
import { unitOfPath } from '../../src/discover/unit.js';
import { ownProcess } from '../fixtures/host-world.js';
import { type Running, STAND_INS, type StandIn, serve } from './stand-ins.js';

/** Discovery by somebody else than this process, which holds all the sockets of the tests. */
function discoverOn(ports: number[]): Promise<Found[]> {
  return discover({
    fetch: globalThis.fetch,
    signal: new AbortController().signal,
    uid: process.getuid?.() ?? -1,
    self: -1,
    only: (port) => ports.includes(port),
  });
}

async function standing(t: TestContext, standIn: StandIn): Promise<Running> {
  const running = await serve(standIn);
  t.after(() => running.close());
  return running;
}

describe('recognising an API', () => {
  const expected: { [name in keyof typeof STAND_INS]: [model: string | null, kind: string] } = {
    vllm: ['Qwen/Qwen3-Embedding-0.6B', 'embeddings'],
    sglang: ['meta-llama/Llama-3.1-8B-Instruct', 'chat'],
    llamacpp: ['nomic-embed.gguf', 'embeddings'],
    tei: ['BAAI/bge-small-en-v1.5', 'embeddings'],
    infinity: ['michaelfeil/bge-small-en-v1.5', 'embeddings'],
    ollama: ['all-minilm:latest', 'embeddings'],
    fastapi: [null, 'embeddings'],
    openai: ['gpt-oss-20b', 'chat'],
  };
  for (const [name, [model, kind]] of Object.entries(expected)) {
    it(`knows ${API_TITLES[name as ApiName]}, its model and what it does`, async (t) => {
      const { port } = await standing(t, STAND_INS[name as keyof typeof STAND_INS]);
      const [found] = await discoverOn([port]);
      assert.equal(found?.api?.name, name);
      assert.equal(found.api.model, model);
      assert.equal(found.api.kinds[0], kind);
      assert.equal(found.process.pid, process.pid);
      assert.equal(found.url, `http://127.0.0.1:${port}`);
      assert.equal(found.api.path, name === 'infinity' ? '/embeddings' : undefined);
    });
  }

  it('does not offer a probe for what only ranks, or has no model yet', () => {
    const page = (json: object): Answers[string] => ({ status: 200, text: '', json });
    const reranker = recognise({ '/info': page({ model_id: 'x', model_type: { reranker: {} } }) });
    assert.deepEqual([reranker?.name, reranker?.kinds], ['tei', []]);
    const empty = recognise({ '/': { status: 200, text: 'Ollama is running', json: undefined } });
    assert.deepEqual([empty?.name, empty?.kinds], ['ollama', []]);
  });

  it('is total over whatever is answered', () => {
    const answer = fc.record({ status: fc.constantFrom(200, 404), text: fc.string(), json: fc.jsonValue() });
    const tricky = fc.constantFrom(
      { data: null },
      { data: [null, { id: 7 }, { id: 'a\u001b[2J', owned_by: 'vllm' }] },
      { data: { id: 'old', owned_by: 'infinity' } },
      { models: [null, {}] },
      { model_id: {}, model_type: null },
      { paths: { '/v1/embeddings': null } },
      { is_generation: false },
    );
    const answers = fc.dictionary(
      fc.constantFrom('/', ...PATHS),
      fc.option(
        fc.oneof(
          answer,
          tricky.map((json) => ({ status: 200, text: '', json })),
        ),
      ),
    );
    fc.assert(
      fc.property(answers, (each) => {
        const recognised = recognise(each as Answers);
        assert.ok(recognised === null || !/\p{Cc}/u.test(recognised.model ?? ''));
      }),
    );
  });
});

describe('hostile and strange listeners', () => {
  it('hold nobody up: endless, slow, silent, HTML, not HTTP, cut off', async (t) => {
    const endless: StandIn['pages'][string] = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (response.write('['.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    };
    const slow: StandIn['pages'][string] = (_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(timer));
    };
    const everywhere = (page: StandIn['pages'][string]) =>
      standing(t, { pages: Object.fromEntries(['/', ...PATHS].map((path) => [path, page])) });
    const servers = await Promise.all([
      everywhere(endless),
      everywhere(slow),
      everywhere(() => {}),
      everywhere('<!doctype html><title>vllm</title>'),
      everywhere((request) => request.socket.destroy()),
    ]);
    const redis = createServer((socket) => socket.on('error', () => {}).end('-ERR unknown command\r\n'));
    redis.listen(0, '127.0.0.1');
    await once(redis, 'listening');
    t.after(() => redis.close());
    const good = await standing(t, STAND_INS.tei);
    const ports = [...servers.map(({ port }) => port), (redis.address() as AddressInfo).port, good.port];
    const found = await discoverOn(ports);
    assert.deepEqual(found.map(({ port }) => port).sort(), ports.sort());
    assert.deepEqual(
      found.filter(({ api }) => api).map(({ port, api }) => [port, api?.name]),
      [[good.port, 'tei']],
    );
  });
});

describe('whose port it is', () => {
  it('the worker that holds the socket, and the command that somebody typed', async (t) => {
    const worker = `require('node:http').createServer((q, r) => r.end('{}')).listen(0, '127.0.0.1', function () {
      console.log(this.address().port) })`;
    const script = `const { spawn } = require('node:child_process');
      spawn(process.execPath, ['-e', ${JSON.stringify(worker)}], { stdio: ['ignore', 'inherit', 'inherit'] })
        .on('spawn', function () { console.log('worker ' + this.pid) })`;
    // A process group of its own, as a shell gives each job.
    const job = spawn(process.execPath, ['-e', script, 'typed'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    ownProcess(t, job.pid);
    const lines = await linesOf(job, 2);
    const pid = Number(/worker (\d+)/.exec(lines.join('\n'))?.[1]);
    ownProcess(t, pid);
    const port = Number(lines.find((line) => /^\d+$/.test(line)));
    const [found] = await discoverOn([port]);
    assert.equal(found?.process.pid, pid);
    assert.equal(found.command.pid, job.pid);
    assert.deepEqual(found.command.argv.slice(-1), ['typed']);
    assert.equal(found.command.folder, process.cwd());
    assert.equal(found.api, null);
    assert.equal(found.unit, null);
    assert.equal(found.guarded, false);
  });

  it('one that a ninelives supervises says so', async (t) => {
    const script = `require('node:http').createServer((q, r) => r.end('{}')).listen(0, '127.0.0.1', function () {
      console.log(this.address().port) })`;
    const env = { ...process.env, NINELIVES_INCARNATION: 'svc-1' };
    const child = spawn(process.execPath, ['-e', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    ownProcess(t, child.pid);
    const [port] = await linesOf(child, 1);
    assert.equal((await discoverOn([Number(port)]))[0]?.guarded, true);
  });

  it('the unit by its cgroup path, and nothing that would not start it again', () => {
    const table: [string, ReturnType<typeof unitOfPath>][] = [
      ['/system.slice/mteb-serving.service', { unit: 'mteb-serving.service', user: false }],
      ['/system.slice/system-vllm.slice/vllm@1.service', { unit: 'vllm@1.service', user: false }],
      ['/system.slice/a.service/worker', { unit: 'a.service', user: false }],
      [
        '/user.slice/user-1000.slice/user@1000.service/app.slice/tei.service',
        { unit: 'tei.service', user: true },
      ],
      ['/user.slice/user-1000.slice/user@1000.service/init.scope', null],
      ['/user.slice/user-1000.slice/session-3.scope', null],
      ['/system.slice/docker-0123.scope', null],
      ['/', null],
      ['', null],
    ];
    for (const [path, unit] of table) assert.deepEqual(unitOfPath(path), unit, path);
  });
});

describe('tunnels', () => {
  it('are told by their command lines', () => {
    const table: [string, ReturnType<typeof tunnelOf>][] = [
      ['/usr/bin/cloudflared tunnel --url http://localhost:8080', { by: 'cloudflared', port: 8080 }],
      ['cloudflared --no-autoupdate tunnel run --token abc', { by: 'cloudflared', port: null }],
      ['cloudflared version', null],
      ['ssh -N -R 80:localhost:8088 serveo.net', { by: 'ssh', port: 8088 }],
      ['ssh -NR 9000:127.0.0.1:8080 jc@vps', { by: 'ssh', port: 8080 }],
      ['autossh -M 0 -R0.0.0.0:80:localhost:8080 vps', { by: 'ssh', port: 8080 }],
      ['ssh -L 8080:localhost:80 vps', null],
      ['ssh -p 2222 vps', null],
      ['ngrok http 8080 --domain x.ngrok.app', { by: 'ngrok', port: 8080 }],
      ['ngrok http --log=stdout http://localhost:8088', { by: 'ngrok', port: 8088 }],
      ['ngrok start --all', { by: 'ngrok', port: null }],
      ['tailscale funnel 8080', { by: 'tailscale', port: 8080 }],
      ['tailscale funnel --bg 8080', { by: 'tailscale', port: 8080 }],
      ['tailscale funnel status', null],
      ['tailscale up', null],
      ['vim cloudflared tunnel', null],
      ['', null],
    ];
    for (const [line, tunnel] of table) assert.deepEqual(tunnelOf(line.split(' ')), tunnel, line);
  });

  it('of any command line nothing is thrown', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('ssh', 'ngrok', 'cloudflared', 'tailscale'),
        fc.array(fc.string()),
        (program, args) => {
          tunnelOf([program, ...args]);
        },
      ),
    );
  });
});

async function linesOf(child: ChildProcess, count: number): Promise<string[]> {
  let text = '';
  child.stdout?.on('data', (chunk) => (text += chunk));
  while (text.split('\n').length <= count && child.stdout) await once(child.stdout, 'data');
  return text.trim().split('\n');
}
