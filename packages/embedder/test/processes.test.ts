import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { realModelDir } from './support/hub-server.js';
import { BIN, eventually, isAlive, processState, type Service, startService } from './support/service.js';

/** Runs `body` with a service of its own, which is ended whatever happens. */
async function withService(body: (service: Service) => Promise<void>, detached = true): Promise<void> {
  const service = await startService({ detached });
  try {
    await body(service);
  } finally {
    await service.end();
  }
}

/** The inodes of a process's TCP sockets. */
function tcpSocketsOf(pid: number): string[] {
  const tcp = ['/proc/net/tcp', '/proc/net/tcp6'].map((file) => readFileSync(file, 'utf8')).join('\n');
  const inodes = new Set(tcp.split('\n').map((row) => row.trim().split(/\s+/)[9]));
  return readdirSync(`/proc/${pid}/fd`)
    .map((fd) => /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? '')
    .filter((inode) => inode !== '' && inodes.has(inode));
}

const COMPLETED = 'ninelives_embedder_inputs_completed_total';

test('freezing only the engine is a true wedge, and ends with it', () =>
  withService(async (service) => {
    assert.equal((await service.embed({ input: ['a', 'b', 'c'] })).status, 200);
    const before = await service.metric(COMPLETED);
    assert.equal(before, 3);
    service.signalEngine('SIGSTOP');
    await eventually('the engine is stopped', () => processState(service.engine.pid) === 'T');
    let answered = false;
    const waiting = service.embed({ input: ['d', 'e'] }).then((response) => {
      answered = true;
      return response;
    });
    await eventually(
      'it is in the engine',
      async () => (await service.metric('ninelives_embedder_inputs_running')) === 2,
    );
    for (const endpoint of ['/health', '/v1/models', '/metrics']) {
      assert.equal((await service.get(endpoint)).status, 200, endpoint);
    }
    assert.equal(
      (await service.embed({ input: '' })).status,
      400,
      'a wedged server still refuses what is wrong',
    );
    assert.equal(await service.metric(COMPLETED), before, 'nothing was completed');
    assert.equal(answered, false);
    service.signalEngine('SIGCONT');
    assert.equal((await waiting).status, 200);
    assert.equal(await service.metric(COMPLETED), before + 2);
  }));

test('when the API process is killed, its live engine ends itself', () =>
  withService(async (service) => {
    service.api.kill('SIGKILL');
    await service.exited;
    await eventually('the engine is gone', () => !isAlive(service.engine));
  }));

test('when the API process is killed while the engine is frozen, the engine stays as an orphan without the port', () =>
  withService(async (service) => {
    service.signalEngine('SIGSTOP');
    await eventually('the engine is stopped', () => processState(service.engine.pid) === 'T');
    service.api.kill('SIGKILL');
    await service.exited;
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(processState(service.engine.pid), 'T');
    assert.ok(isAlive(service.engine));
    await assert.rejects(service.get('/health'), 'nobody listens');
    assert.deepEqual(tcpSocketsOf(service.engine.pid), [], 'it never had the listener');
    service.signalEngine('SIGCONT');
    await eventually('thawed, it finds its parent gone', () => !isAlive(service.engine));
  }));

test('when the engine dies, the API process says so and exits with 1', () =>
  withService(async (service) => {
    service.signalEngine('SIGKILL');
    assert.deepEqual(await service.exited, { code: 1, signal: null });
    const said = service.events.find(({ event }) => event === 'engine died, ending');
    assert.match(String(said?.reason), /killed by SIGKILL/);
  }));

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} to the whole group answers what is under way, then exits with 0`, () =>
    withService(async (service) => {
      service.signalEngine('SIGSTOP');
      const waiting = service.embed({ input: 'under way' });
      const running = async () => (await service.metric('ninelives_embedder_inputs_running')) === 1;
      await eventually('it is in the engine', running);
      process.kill(-Number(service.api.pid), signal);
      await service.until('stopping');
      service.signalEngine('SIGCONT');
      assert.equal((await waiting).status, 200);
      assert.deepEqual(await service.exited, { code: 0, signal: null });
      await eventually('the engine is gone', () => !isAlive(service.engine));
    }));
}

test('a stop that cannot finish ends at a second signal, and leaves no frozen engine behind', () =>
  withService(async (service) => {
    service.signalEngine('SIGSTOP');
    const waiting = service.embed({ input: 'never' }).catch(() => 'cut off');
    const running = async () => (await service.metric('ninelives_embedder_inputs_running')) === 1;
    await eventually('it is in the engine', running);
    service.api.kill('SIGTERM');
    await service.until('stopping');
    service.api.kill('SIGTERM');
    assert.deepEqual(await service.exited, { code: 0, signal: null });
    assert.equal(await waiting, 'cut off');
    await eventually('the engine is gone', () => !isAlive(service.engine));
  }));

test('losing the reader of its log does not end it', () =>
  withService(async (service) => {
    service.api.stderr?.destroy();
    service.api.kill('SIGTERM');
    assert.deepEqual(await service.exited, { code: 0, signal: null });
  }));

test('a model that cannot be loaded is exit 3 with its name', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'embedder-broken-'));
  try {
    cpSync(await realModelDir(), dir, { recursive: true, filter: (name) => !name.includes('onnx_data') });
    writeFileSync(path.join(dir, 'onnx/model_q4.onnx'), 'this is no model');
    const args = [BIN, '--port', '0', '--model', dir];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    assert.equal(status, 3, stderr);
    assert.match(stderr, /the model of .*embedder-broken-\w+ cannot be loaded: .*\n {2}next: /);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('a port in use is exit 3 and names its owner', () =>
  withService(async (service) => {
    const second = spawnSync(process.execPath, [BIN, '--port', String(service.port)], { encoding: 'utf8' });
    assert.equal(second.status, 3);
    assert.match(
      second.stderr,
      new RegExp(`port ${service.port} on 127.0.0.1 is already in use by process ${service.api.pid} \\(`),
    );
    assert.match(second.stderr, /next: stop it, or choose another port: ninelives-embedder --port/);
  }));

test('mistyped arguments are exit 2 and leave nothing running', () => {
  for (const args of [
    ['--prot', '1'],
    ['--port', 'x'],
    ['--model', 'not a model'],
    ['--config', '/nonexistent.yaml'],
  ]) {
    const { status, stderr } = spawnSync(process.execPath, [BIN, '--port', '0', ...args], {
      encoding: 'utf8',
    });
    assert.equal(status, 2, stderr);
    assert.match(stderr, /\n {2}next: /);
  }
  assert.ok(existsSync(BIN));
});
