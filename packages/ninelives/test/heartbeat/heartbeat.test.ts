import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_PAGING } from '../../src/config/notify.js';
import { openEars } from '../../src/daemon/ears.js';
import { beginPass, runHearts } from '../../src/daemon/hearts.js';
import { openHouse } from '../../src/daemon/house.js';
import { type Beat, parsePing, pingUrl } from '../../src/heartbeat/grammar.js';
import { sendBeat } from '../../src/heartbeat/sender.js';
import { hear, initialHeart, listen, operateHeart } from '../../src/heartbeat/step.js';
import { farServer } from '../notify/far-server.js';

const UUID = '5b3ee6a2-7d2c-4f0e-9f38-b0f4f9a3f1aa';
const RID = '123e4567-e89b-42d3-a456-426614174000';
const MINUTE = 60_000;

async function until(what: () => boolean, label: string): Promise<void> {
  for (let turn = 0; turn < 3_000 && !what(); turn += 1) await sleep(10);
  assert.ok(what(), label);
}

describe('the grammar of Healthchecks', () => {
  it('is read', () => {
    const table: [string, string, string | null][] = [
      ['GET', `/ping/${UUID}`, 'success'],
      ['HEAD', `/${UUID}`, 'success'],
      ['POST', `/ping/${UUID.toUpperCase()}/start?rid=${RID}`, 'start'],
      ['POST', `/ping/${UUID}/fail`, 'fail'],
      ['POST', `/ping/${UUID}/log`, 'log'],
      ['GET', `/ping/${UUID}/0`, 'success'],
      ['GET', `/ping/${UUID}/255`, 'fail'],
      ['GET', `/ping/${UUID}/256`, null],
      ['GET', `/ping/${UUID}/fail/more`, null],
      ['GET', `/ping/${UUID}?rid=x`, null],
      ['GET', '/ping/not-a-uuid', null],
      ['DELETE', `/ping/${UUID}`, null],
      ['GET', `//evil/${UUID}`, null],
    ];
    for (const [method, target, beat] of table) {
      assert.equal(parsePing(method, target)?.beat ?? null, beat, `${method} ${target}`);
    }
    assert.equal(parsePing('GET', `/ping/${UUID}/7`)?.exit, 7);
  });

  it('is written so that it is read as what was meant', () => {
    for (const beat of ['success', 'start', 'fail', 'log'] as Beat[]) {
      const { pathname, search } = new URL(pingUrl(`https://hc.example.org/ping/${UUID}/`, beat, RID));
      const ping = parsePing('POST', `${pathname}${search}`);
      assert.deepEqual([ping?.beat, ping?.rid, ping?.uuid], [beat, RID, UUID]);
    }
  });
});

describe('what is heard', () => {
  const at = (minutes: number) => ({
    atMs: minutes * MINUTE,
    wallMs: Date.UTC(2026, 10, 25, 2) + minutes * MINUTE,
  });
  const ping = (beat: Beat, exit: number | null = null) => ({ uuid: UUID, beat, exit, rid: null });

  it('a silence longer than its grace is one page, and its end another', () => {
    let { state } = hear(initialHeart('guard', 'lan'), ping('success'), '', at(10));
    assert.equal(listen(state, 4 * MINUTE, 5 * MINUTE, at(14)).pages.length, 0);
    const silent = listen(state, 12 * MINUTE, 5 * MINUTE, at(22));
    assert.equal(silent.pages[0]?.title, 'guard has been silent since 2026-11-25T02:10:00Z');
    state = silent.state;
    assert.equal(listen(state, 99 * MINUTE, 5 * MINUTE, at(99)).pages.length, 0);
    assert.equal(hear(state, ping('start'), '', at(30)).pages.length, 0, 'a start is not yet an end');
    const back = hear(state, ping('success'), '', at(32));
    assert.equal(back.pages[0]?.title, 'guard is heard again after 22 min');
    assert.deepEqual([back.incidents[0]?.status, back.state.incident], ['resolved', null]);
  });

  it('a person can pause it, and say that they are on it', () => {
    const paused = operateHeart(initialHeart('guard', 'lan'), 'pause', 'jc', at(0)).state;
    assert.equal(listen(paused, 99 * MINUTE, 5 * MINUTE, at(99)).pages.length, 0);
    const resumed = operateHeart(paused, 'resume', 'jc', at(100)).state;
    const silent = listen(resumed, 99 * MINUTE, 5 * MINUTE, at(101));
    assert.deepEqual(
      silent.pages.map(({ kind }) => kind),
      ['opened'],
    );
    const taken = operateHeart(silent.state, 'acknowledge', 'jc', at(102));
    assert.deepEqual([taken.pages[0]?.kind, taken.incidents[0]?.acknowledgedBy], ['acknowledged', 'jc']);
    assert.equal(operateHeart(taken.state, 'acknowledge', 'jc', at(103)).pages.length, 0);
  });

  it('a layer that says itself that it fails, and what a log is: nothing', () => {
    const failed = hear(initialHeart('guard', 'lan'), ping('fail', 7), 'no disk\nmore', at(0));
    assert.equal(failed.pages[0]?.title, 'guard itself says that it fails, exit status 7: no disk');
    const logged = hear(failed.state, ping('log'), 'text', at(1));
    assert.deepEqual([logged.state, logged.pages], [failed.state, []]);
    assert.equal(hear(failed.state, ping('success'), '', at(2)).pages[0]?.kind, 'resolved');
  });
});

/** A layer that listens, in a folder and on a port of its own. */
async function listening(graceMs: number) {
  const dir = mkdtempSync(join(tmpdir(), 'ninelives-heart-'));
  const house = openHouse(dir, { notifiers: [], paging: DEFAULT_PAGING, runbook: null }, {});
  const off = new AbortController();
  let port = 0;
  const ended = openEars({
    config: { listen: { host: '127.0.0.1', port: 0 }, from: [{ name: 'guard', uuid: UUID, graceMs }] },
    layer: 'lan',
    house: { ...house, told: ['phone'] },
    onPages: () => {},
    onTrouble: (text) => assert.fail(text),
    signal: off.signal,
    onListening(at) {
      port = at;
    },
  });
  await until(() => port > 0, 'it listens');
  return {
    url: `http://127.0.0.1:${port}/ping/${UUID}`,
    record: house.record,
    titles: () => house.record.outboxPending().map(({ page }) => page.title),
    async close() {
      off.abort();
      await ended;
      house.close();
      rmSync(dir, { recursive: true });
    },
  };
}

describe('from one layer to another', () => {
  it('beats for as long as rounds are done, and its silence is told', async () => {
    const lan = await listening(2_000);
    const off = new AbortController();
    let rounds = 1;
    const working = setInterval(() => {
      rounds += 1;
    }, 20);
    const house = { record: lan.record, reserve: { makeRoom: () => false }, told: [] } as never;
    const beating = runHearts({
      config: {
        send: [{ type: 'ping', name: 'lan', url: lan.url, everyMs: 50 }],
        from: [],
        listen: { host: '127.0.0.1', port: 0 },
      },
      layer: 'guard',
      house,
      rounds: () => rounds,
      onPages: () => {},
      onTrouble: () => {},
      signal: off.signal,
    });
    try {
      const verdict = () => lan.record.load('heartbeat-guard')?.state.verdict.kind;
      await until(() => verdict() === 'serving', 'it is heard');
      clearInterval(working); // it lives, and does nothing any more: that is no life
      const last = (pattern: RegExp) => pattern.test(lan.titles().at(-1) ?? '');
      await until(() => last(/^guard has been silent since /), 'the silence is told');
      rounds += 1;
      await until(() => last(/^guard is heard again after /), 'and its end');
      assert.equal(lan.record.incidents().at(-1)?.status, 'resolved');
    } finally {
      clearInterval(working);
      off.abort();
      await beating;
      await lan.close();
    }
  });

  it('takes what curl sends, as Healthchecks does, and nobody who does not know the secret', async () => {
    const lan = await listening(60_000);
    try {
      const curl = async (...args: string[]) => {
        const child = spawn('curl', ['-s', '-m', '10', '-w', ' %{http_code}', ...args]);
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
        await once(child, 'close');
        return output;
      };
      assert.equal(await curl(lan.url), 'OK 200');
      assert.equal(await curl('--data-raw', 'disk full', `${lan.url}/1?rid=${RID}`), 'OK 200');
      assert.deepEqual(lan.titles(), ['guard itself says that it fails, exit status 1: disk full']);
      assert.equal(await curl(lan.url.replace(UUID, RID)), 'not found 404');
    } finally {
      await lan.close();
    }
  });

  it('tries again what a monitor could not take, and never says where it went', async () => {
    let asked = 0;
    const monitor = await farServer((_, response) => {
      asked += 1;
      if (asked < 3) return void response.writeHead(503).end();
      response.writeHead(asked < 4 ? 200 : 404).end();
    });
    try {
      const ports = { fetch: globalThis.fetch, sleep: async () => {} };
      const { signal } = new AbortController();
      const url = `${monitor.url}/ping/${UUID}`;
      assert.deepEqual(await sendBeat(url, 'success', { signal }, ports), { ok: true });
      assert.deepEqual(await sendBeat(url, 'success', { signal }, ports), { ok: false, error: 'HTTP 404' });
      assert.equal(asked, 4, 'refused is refused');
    } finally {
      await monitor.close();
    }
  });

  it('a pass says that it began and how it ended, and puts off the alarm at ntfy; an old server is left alone', async () => {
    let version = 'new';
    const server = await farServer(({ path, headers }, response) => {
      const known = version === 'new' && !path.startsWith('/ping');
      response.end(JSON.stringify(known ? { sequence_id: headers['x-sequence-id'] } : { id: 'x' }));
    });
    const config = {
      send: [
        { type: 'ping' as const, name: 'hc', url: `${server.url}/ping/${UUID}`, everyMs: 1 },
        {
          type: 'ntfy' as const,
          name: 'n',
          server: server.url,
          topic: 't',
          token: 'tk',
          afterMs: 7_200_000,
          everyMs: 1,
        },
      ],
      from: [],
      listen: { host: '127.0.0.1', port: 0 },
    };
    try {
      await beginPass(config, 'beacon').end(true);
      const paths = server.requests.map(({ path }) => path.replace(/rid=.*/, 'rid='));
      assert.deepEqual(
        paths.sort(),
        ['/ping/5b3ee6a2-7d2c-4f0e-9f38-b0f4f9a3f1aa/start?rid=', `/ping/${UUID}?rid=`, '/t'].sort(),
      );
      const rids = server.requests.flatMap(({ path }) => /rid=(.*)/.exec(path)?.[1] ?? []);
      assert.equal(new Set(rids).size, 1);
      const alarm = server.requests.find(({ path }) => path === '/t')?.headers;
      assert.deepEqual(
        [alarm?.['x-sequence-id'], alarm?.['x-delay'], alarm?.authorization],
        ['ninelives-beacon', '120m', 'Bearer tk'],
      );
      version = 'old';
      const troubles: string[] = [];
      const { signal } = new AbortController();
      const [, ntfy] = config.send;
      await runHearts({
        config: { ...config, send: ntfy ? [ntfy] : [] },
        layer: 'beacon',
        house: {} as never,
        rounds: () => 1,
        onPages: () => {},
        onTrouble: (text) => troubles.push(text),
        signal,
      });
      assert.deepEqual(troubles, [
        'heartbeat to n: the server knows no sequence ids: it needs ntfy 2.16 or newer',
      ]);
    } finally {
      await server.close();
    }
  });
});
