import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createPrivateClient } from '../../src/gateway/status/client.js';
import { listStats, readStat } from '../../src/host/procfs/processes.js';
import { ask, Backend, crowd, freePort, LIMIT_MS, until } from './stage.js';

const MAIN = fileURLToPath(new URL('./gateway-main.js', import.meta.url));
const HOLDER = fileURLToPath(new URL('../../../test/fixtures/socket-holder.mjs', import.meta.url));

function follow(child: ChildProcess): { said: () => string } {
  let text = '';
  child.stdout?.on('data', (part) => {
    text += part;
  });
  return { said: () => text };
}

/** The child of our own child, by /proc, with its start ticks: what may be signalled. */
function childOf(parent: number): { pid: number; startTicks: number } | null {
  const stat = listStats().find(({ ppid }) => ppid === parent);
  return stat ? { pid: stat.pid, startTicks: stat.startTicks } : null;
}

function signalChild(parent: number, signal: NodeJS.Signals): void {
  const child = childOf(parent);
  assert.ok(child && readStat(child.pid)?.startTicks === child.startTicks, 'the gateway is not there');
  process.kill(child.pid, signal);
}

async function reap(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

describe('the gateway as a process', { concurrency: true }, () => {
  it('SIGTERM: everybody who is here is answered, also those who are held; exit 0', async () => {
    const backend = await Backend.start({ ms: 10_000, port: 'closed' });
    const port = await freePort();
    const child = spawn(
      process.execPath,
      [MAIN, String(port), `http://127.0.0.1:${backend.port}`, backend.folder],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const { said } = follow(child);
    const inside = createPrivateClient(join(backend.folder, 'gateway.sock'));
    try {
      await until('it listens', () => said().includes('listening'));
      const url = `http://127.0.0.1:${port}`;
      await ask(url, 'before');
      await backend.kill();
      const held = Array.from({ length: 20 }, (_, i) => ask(url, `held ${i}`));
      // All of them: whose connection is not accepted yet is not here yet.
      await until('they are held', async () => (await inside.evidence(LIMIT_MS))?.queued === held.length);
      assert.equal(backend.copies().size, 1);
      child.kill('SIGTERM');
      for (const answer of await Promise.all(held)) {
        assert.equal(answer.status, 200);
      }
      const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(LIMIT_MS) });
      assert.equal(code, 0);
      assert.match(said(), /"event":"ended".*"refused":0/);
    } finally {
      await reap(child);
      await backend.close();
    }
  });

  it('SIGTERM with a connection kept alive: the next answer on it is the last, and not an error', async () => {
    const backend = await Backend.start();
    const port = await freePort();
    const child = spawn(
      process.execPath,
      [MAIN, String(port), `http://127.0.0.1:${backend.port}`, backend.folder],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const { said } = follow(child);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const get = async () => {
      const sent = request(`http://127.0.0.1:${port}/v1/models`, { agent });
      sent.end();
      const [response] = await once(sent, 'response');
      response.resume();
      await once(response, 'end');
      return { reused: sent.reusedSocket, last: response.headers.connection === 'close' };
    };
    try {
      await until('it listens', () => said().includes('listening'));
      assert.deepEqual(await get(), { reused: false, last: false });
      child.kill('SIGTERM');
      await until('it drains', () => said().includes('draining'));
      assert.deepEqual(await get(), { reused: true, last: true });
      const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(LIMIT_MS) });
      assert.equal(code, 0);
    } finally {
      agent.destroy();
      await reap(child);
      await backend.close();
    }
  });

  it('with a socket that its supervisor holds: SIGTERM fails no call, SIGKILL refuses no connection', async () => {
    const backend = await Backend.start();
    const args = [HOLDER, MAIN, `http://127.0.0.1:${backend.port}`, backend.folder, '3'];
    const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const { said } = follow(holder);
    const lives = () => said().split('"event":"listening"').length - 1;
    try {
      await until('it listens', () => lives() === 1);
      const url = `http://127.0.0.1:${said().split('\n')[0]}`;
      const calm = crowd(url, 8);
      await until('the crowd is at work', () => backend.copies().size > 50);
      signalChild(holder.pid ?? 0, 'SIGTERM');
      await until('the next one listens', () => lives() === 2);
      const size = backend.copies().size;
      await until('the crowd goes on', () => backend.copies().size > size + 50);
      assert.deepEqual((await calm.stop()).failed, []);

      const hurt = crowd(url, 8);
      const before = backend.copies().size;
      await until('the crowd is at work again', () => backend.copies().size > before + 50);
      signalChild(holder.pid ?? 0, 'SIGKILL');
      await until('the third one listens', () => lives() === 3);
      const then = backend.copies().size;
      await until('the crowd goes on again', () => backend.copies().size > then + 50);
      const { failed } = await hurt.stop();
      // Of each client the one call on the connection that broke; no new connection is ever refused.
      assert.ok(failed.length <= 8, failed.join('\n'));
      assert.deepEqual(
        failed.filter((line) => line.includes('ECONNREFUSED')),
        [],
      );
      signalChild(holder.pid ?? 0, 'SIGTERM');
      await once(holder, 'exit', { signal: AbortSignal.timeout(LIMIT_MS) });
      assert.deepEqual(said().match(/ended .*/g), ['ended 0', 'ended SIGKILL', 'ended 0']);
    } finally {
      const child = childOf(holder.pid ?? 0);
      if (child && readStat(child.pid)?.startTicks === child.startTicks) process.kill(child.pid, 'SIGKILL');
      await reap(holder);
      await backend.close();
    }
  });
});
