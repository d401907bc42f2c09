import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../../src/gateway/gateway.js';
import { HOLD_LIMITS } from '../../src/gateway/limits.js';
import { evidenceOf } from '../../src/gateway/status/evidence.js';
import { systemClock } from '../../src/host/system-clock.js';
import { ask, Backend, type Change, crowd, openGateway, until } from './stage.js';

/** Real sockets, a real server process, real signals. */
describe('the gateway, when the server dies', { concurrency: true }, () => {
  /** Whatever happens inside, everything is closed. */
  const on = (
    play: (set: { backend: Backend; gateway: Gateway; url: string }) => Promise<void>,
    loading?: Parameters<typeof Backend.start>[0],
    change?: Change,
  ) => {
    return async () => {
      const backend = await Backend.start(loading);
      try {
        const gateway = await openGateway(backend.port, change);
        try {
          await play({ backend, gateway, url: gateway.url });
        } finally {
          await gateway.drain(0);
        }
      } finally {
        await backend.close();
      }
    };
  };

  for (const port of ['closed', '503'] as const) {
    it(
      `SIGKILL and 10 s of loading, ${port}: no call fails, one copy more at most`,
      on(
        async ({ backend, url, gateway }) => {
          const clients = crowd(url, 8);
          await until('the crowd is at work', () => gateway.state.counts.ends.answered > 50);
          // One that is surely on its way: the crowd's answers may all be written at the moment of the kill.
          const long = ask(url, 'wait:2000');
          await until('it is at work', () => backend.copies().has('wait:2000'));
          backend.signal('SIGKILL');
          await until('it was seen', () => gateway.state.counts.deaths > 0);
          await until('it serves again', () => gateway.state.backend.readiness === 'ready');
          const before = gateway.state.counts.ends.answered;
          await until('the crowd goes on', () => gateway.state.counts.ends.answered > before + 100);
          const { calls, failed } = await clients.stop();
          assert.deepEqual(failed, []);
          assert.equal((await long).status, 200);
          assert.ok(calls > 150);
          assert.equal(backend.deaths, 1);
          const copies = [...backend.copies().values()];
          assert.ok(Math.max(...copies) <= 2, `up to ${Math.max(...copies)} copies`);
          assert.ok(gateway.state.counts.ends.replayed > 0);
        },
        { ms: 10_000, port },
      ),
    );
  }

  it(
    'death in the middle of a body: the client gets the whole of the second one',
    on(async ({ backend, url }) => {
      const text = `half:${join(backend.folder, 'died')}`;
      const { status, text: body } = await ask(url, text);
      assert.equal(status, 200);
      assert.equal((JSON.parse(body) as { text: string }).text, text);
      assert.equal(backend.copies().get(text), 2);
    }),
  );

  for (const blind of [false, true]) {
    const eyes = blind ? 'unseen' : 'seen by its CPU';
    it(
      `8 s of CPU, ${eyes}: slow is not dead, one copy, and the others wait`,
      on(
        async ({ backend, url, gateway }) => {
          await ask(url, 'a first one');
          const slow = ask(url, 'cpu:8000');
          await until('it is at work', () => backend.copies().has('cpu:8000'));
          const other = ask(url, 'another');
          assert.equal((await slow).status, 200);
          assert.equal((await other).status, 200);
          assert.equal(backend.copies().get('cpu:8000'), 1);
          assert.equal(backend.copies().get('another'), 1);
          assert.equal(gateway.state.counts.deaths, 0);
        },
        undefined,
        { blind },
      ),
    );
  }

  it(
    'SIGSTOP: seen, nothing more is sent, and after the kill everybody is answered',
    on(async ({ backend, url, gateway }) => {
      const clients = crowd(url, 8);
      await until('the crowd is at work', () => gateway.state.counts.ends.answered > 50);
      backend.signal('SIGSTOP');
      await until('the hang is seen', () => gateway.state.backend.readiness === 'suspect');
      const { copies } = gateway.state.counts;
      await sleep(500);
      assert.equal(gateway.state.counts.copies, copies);
      backend.signal('SIGKILL');
      const before = gateway.state.counts.ends.answered;
      await until('the crowd goes on', () => gateway.state.counts.ends.answered > before + 50);
      assert.deepEqual((await clients.stop()).failed, []);
    }),
  );

  it(
    'SIGSTOP and SIGCONT: everybody is answered, nothing was sent twice',
    on(async ({ backend, url, gateway }) => {
      const clients = crowd(url, 4);
      await until('the crowd is at work', () => gateway.state.counts.ends.answered > 20);
      backend.signal('SIGSTOP');
      await until('the hang is seen', () => gateway.state.backend.readiness === 'suspect');
      backend.signal('SIGCONT');
      const before = gateway.state.counts.ends.answered;
      await until('the crowd goes on', () => gateway.state.counts.ends.answered > before + 20);
      assert.deepEqual((await clients.stop()).failed, []);
      assert.equal(Math.max(...backend.copies().values()), 1);
    }),
  );

  it(
    'a poison request: three deaths, then 422 with hash and size; no innocent hurt, nor convicted',
    on(async ({ backend, url, gateway }) => {
      const clients = crowd(url, 8);
      await until('the crowd is at work', () => gateway.state.counts.ends.answered > 50);
      const { status, text, headers } = await ask(url, 'die');
      assert.equal(status, 422);
      const { error } = JSON.parse(text) as { error: { code: string; src: string; message: string } };
      assert.equal(error.code, 'quarantined');
      assert.equal(error.src, 'ninelives-gateway');
      assert.match(error.message, /sha256 [0-9a-f]{64}, \d+ bytes/);
      assert.equal(headers.get('retry-after'), null);
      for (let i = 0; i < 5; i++) assert.equal((await ask(url, 'die')).status, 422);
      assert.ok(backend.deaths <= 3, `${backend.deaths} deaths`);
      assert.deepEqual((await clients.stop()).failed, []);
      assert.equal(gateway.state.counts.convictions, 1);
      const told = evidenceOf(gateway.state, 0, systemClock.monotonicMs(), HOLD_LIMITS).quarantined;
      assert.deepEqual(
        told.map(({ sha256, bytes, route }) => [route, `sha256 ${sha256}, ${bytes} bytes`]),
        [['POST /v1/embeddings', /sha256 [0-9a-f]{64}, \d+ bytes/.exec(error.message)?.[0]]],
      );
    }),
  );

  it(
    'a client that leaves while it is held is dropped at once, and its request never sent',
    on(
      async ({ backend, url, gateway }) => {
        await backend.kill();
        const leaves = new AbortController();
        const lost = ask(url, 'nobody waits', { signal: leaves.signal }).catch(() => 'left');
        const stays = ask(url, 'somebody waits');
        await until('both are held', () => gateway.state.line.waiting.length === 2);
        leaves.abort();
        assert.equal(await lost, 'left');
        await until('it is dropped', () => gateway.state.line.waiting.length === 1);
        assert.equal((await stays).status, 200);
        assert.deepEqual([...backend.copies().keys()], ['somebody waits']);
      },
      { ms: 10_000, port: 'closed' },
    ),
  );

  it(
    'held for no longer than said: an honest 503 that says who spoke',
    on(
      async ({ backend, url }) => {
        await backend.kill();
        const { status, text, headers } = await ask(url, 'in vain');
        assert.equal(status, 503);
        assert.equal((JSON.parse(text) as { error: { code: string } }).error.code, 'hold_time');
        assert.ok(Number(headers.get('retry-after')) >= 1);
      },
      { ms: 10_000, port: '503' },
      { limits: { holdMs: 1_000 } },
    ),
  );

  it(
    'what may not be done twice: held while nobody is there, and lost honestly when it was begun',
    on(
      async ({ backend, url, gateway }) => {
        const path = '/v1/chat/completions';
        await backend.kill();
        const held = ask(url, 'after the load', { path });
        await until('it is held', () => gateway.state.line.waiting.length === 1);
        assert.equal((await held).status, 200);
        const lost = await ask(url, 'die', { path });
        assert.equal(lost.status, 502);
        assert.equal(backend.copies().get('die'), 1);
      },
      { ms: 10_000, port: 'closed' },
    ),
  );

  it(
    'a stream passes as it comes, and what has begun is cut, not sent again',
    on(async ({ backend, url }) => {
      const path = '/v1/chat/completions';
      const whole = await ask(url, 'stream:10', { path });
      assert.equal(whole.text.split('data: ').length, 12);
      await assert.rejects(ask(url, 'stream-die', { path }));
      assert.equal(backend.copies().get('stream-die'), 1);
    }),
  );

  it(
    'honest refusals pass untouched',
    on(async ({ backend, url }) => {
      for (const status of [400, 404, 422, 429, 500]) {
        const answer = await ask(url, `refuse:${status}`);
        assert.equal(answer.status, status);
        assert.equal(
          (JSON.parse(answer.text) as { error: { message: string } }).error.message,
          `refuse:${status}`,
        );
        assert.equal(backend.copies().get(`refuse:${status}`), 1);
      }
    }),
  );
});
