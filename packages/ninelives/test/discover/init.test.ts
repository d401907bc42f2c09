import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import type { ServiceConfig } from '../../src/config/service.js';
import { BIN, freePort } from '../e2e/box.js';
import { ownProcess, temporaryFolder } from '../fixtures/host-world.js';
import { STAND_INS, type StandIn, serve } from './stand-ins.js';

interface Run {
  code: number;
  stdout: string;
  stderr: string;
  file: string;
}

/** `ninelives init`, in a folder of its own, on the machine as it is but for `--port`. */
async function init(t: TestContext, ...args: string[]): Promise<Run> {
  const folder = temporaryFolder(t);
  return initIn(folder, ...args);
}

function initIn(folder: string, ...args: string[]): Promise<Run> {
  const argv = [BIN, 'init', '--state', join(folder, 'state'), ...args];
  return new Promise((done) => {
    execFile(process.execPath, argv, { cwd: folder, timeout: 180_000 }, (error, stdout, stderr) => {
      const code = error ? Number(error.code ?? -1) : 0;
      done({ code, stdout, stderr, file: join(folder, 'ninelives.yaml') });
    });
  });
}

async function initOn(t: TestContext, standIn: StandIn, ...args: string[]): Promise<Run & { port: number }> {
  const running = await serve(standIn);
  t.after(() => running.close());
  return { ...(await init(t, '--port', String(running.port), ...args)), port: running.port };
}

function serviceIn(file: string): ServiceConfig {
  return loadConfig(file, {}).services[0] ?? assert.fail('no service');
}

describe('init', () => {
  it('writes what it found and has just probed, with the counter that moves with work, and runs doctor', async (t) => {
    const run = await initOn(t, STAND_INS.vllm);
    const service = serviceIn(run.file);
    assert.equal(service.name, 'vllm');
    assert.equal(service.port, run.port);
    assert.equal(service.probe.kind, 'embeddings');
    assert.equal(service.probe.model, 'Qwen/Qwen3-Embedding-0.6B');
    const url = `http://127.0.0.1:${run.port}/metrics`;
    assert.deepEqual(service.progress, { url, counter: 'vllm:request_success_total' });
    assert.equal(service.source.type, 'command');
    assert.deepEqual(service.outer.domains.host, [hostname()]);
    assert.match(run.stdout, /two further layers[\s\S]*ninelives layers --config/);
    assert.match(run.stdout, new RegExp(`port ${run.port}: vLLM, Qwen.*: right answer in \\d+ ms`));
    assert.match(run.stdout, /wrote ninelives.yaml: vllm\n.*vllm\n {2}ok/s, 'doctor has looked at it');
    assert.match(readFileSync(run.file, 'utf8'), /# Nobody starts it again when it ends/);
    assert.equal(statSync(run.file).mode & 0o777, 0o600);
  });

  it('names the tunnels that run, and what they lead to', async (t) => {
    const running = await serve(STAND_INS.tei);
    t.after(() => running.close());
    const { port } = running;
    const folder = temporaryFolder(t);
    // Known by their command lines. These are node under another name, and their first word is a script that waits.
    const commands = {
      cloudflared: ['tunnel', '--url', `http://localhost:${port}`],
      ssh: ['jc@vps', '-N', '-R', `80:localhost:${port}`],
      ngrok: ['http', String(port)],
      tailscale: ['funnel', String(port)],
    };
    const pids = Object.entries(commands).map(([argv0, args]): [string, number] => {
      writeFileSync(join(folder, args[0] ?? ''), 'setInterval(() => {}, 1e3)');
      const child = spawn(process.execPath, args, { argv0, cwd: folder, stdio: 'ignore' });
      return [argv0, ownProcess(t, child.pid).pid];
    });
    const { stdout } = await init(t, '--port', String(port));
    for (const [by, pid] of pids)
      assert.match(stdout, new RegExp(`tunnel: ${by} \\(pid ${pid}\\) leads to port ${port}, tei`));
  });

  it('does not take a counter that moves by itself', async (t) => {
    let read = 0;
    const metrics: StandIn['pages'][string] = (_, response) => {
      read += 1;
      response.end(`te_request_success ${read}\n`);
    };
    const run = await initOn(t, { ...STAND_INS.tei, pages: { ...STAND_INS.tei.pages, '/metrics': metrics } });
    assert.ok(read > 2);
    assert.equal(serviceIn(run.file).progress, null);
  });

  it('asks an API at its own path, and another kind of work where the likeliest is refused', async (t) => {
    const infinity = await initOn(t, STAND_INS.infinity);
    assert.equal(serviceIn(infinity.file).probe.url, `http://127.0.0.1:${infinity.port}/embeddings`);
    const { openai } = STAND_INS;
    const surprising = await initOn(t, { pages: openai.pages, embeddings: '/v1/embeddings' });
    assert.equal(serviceIn(surprising.file).probe.kind, 'embeddings');
    const chats = await initOn(t, openai);
    assert.equal(serviceIn(chats.file).probe.kind, 'chat');
  });

  it('writes what does not pass as a comment that says why, and says so by its exit code', async (t) => {
    const run = await initOn(t, { ...STAND_INS.tei, key: 'k' });
    assert.equal(run.code, 1);
    assert.match(run.stdout, /HTTP 401: no key/);
    const text = readFileSync(run.file, 'utf8');
    assert.match(text, /# Its probe does not pass: embeddings: HTTP 401: no key/);
    assert.match(text, /^ {2}# - name: tei$/m);
    // Uncommented, it is a config.
    const mended = text.replace(/^ {2}# (?=- name: tei| {2})/gm, '  ');
    writeFileSync(run.file, mended);
    assert.equal(serviceIn(run.file).port, run.port);
  });

  it('writes the template of the built-in model where nothing is found', async (t) => {
    const port = await freePort();
    const run = await init(t, '--port', String(port));
    const service = serviceIn(run.file);
    assert.deepEqual(service.source, { type: 'embedder', settings: {} });
    assert.equal(service.port, port);
    assert.equal(run.code, 0);
  });

  it('looks at nothing where the flags say it all', async (t) => {
    const running = await serve(STAND_INS.vllm);
    t.after(() => running.close());
    const run = await init(t, '--port', String(running.port), '--kind', 'chat', '--', 'my-server', '--x');
    const service = serviceIn(run.file);
    assert.deepEqual(service.source, { type: 'command', argv: ['my-server', '--x'], cwd: null, env: {} });
    assert.equal(service.probe.kind, 'chat');
  });

  it('never overwrites, and with --print changes nothing', async (t) => {
    const running = await serve(STAND_INS.vllm);
    t.after(() => running.close());
    const folder = temporaryFolder(t);
    const port = String(running.port);
    const printed = await initIn(folder, '--port', port, '--print');
    assert.equal(printed.code, 0);
    assert.equal(existsSync(printed.file), false);
    assert.equal(existsSync(join(folder, 'state')), false);
    writeFileSync(printed.file, printed.stdout);
    assert.equal(serviceIn(printed.file).name, 'vllm', 'standard output is the config and nothing else');
    assert.match(printed.stderr, /right answer in/);
    writeFileSync(printed.file, 'mine');
    const refused = await initIn(folder, '--port', port);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /is there already and was left as it is/);
    assert.equal(readFileSync(printed.file, 'utf8'), 'mine');
  });
});
