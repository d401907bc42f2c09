import assert from 'node:assert/strict';
import { request as ask, type IncomingHttpHeaders } from 'node:http';
import { after, before, describe, it } from 'node:test';
import type { DashboardView, HistoryView, IncidentsView } from '../../src/dashboard/view.js';
import { memoryRecord } from '../../src/record/memory.js';
import { decision } from '../record/rows.js';
import { HOUR, NOW, SERVICE, writeWeekend } from '../report/weekend.js';
import { type Stage, stageDashboard, TOKEN } from './stage.js';

interface Said {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

describe('the dashboard’s server', () => {
  const record = memoryRecord();
  let stage: Stage;

  before(async () => {
    writeWeekend(record, {
      sinceMs: 24 * HOUR,
      gaps: [],
      losses: [{ fromWallMs: NOW - 3 * HOUR, lostMs: HOUR / 6 }],
    });
    record.commit('plain', decision('plain', 1), { notifiers: [], wallMs: NOW });
    stage = await stageDashboard(record, {}, { wallMs: () => NOW });
  });
  after(() => stage.dashboard.close());

  /** node:http, since fetch does not let a caller choose Host or Origin. */
  function say(path: string, { method = 'GET', headers = {}, body = '' } = {}): Promise<Said> {
    return new Promise((done, failed) => {
      const sent = ask(`${stage.url}${path}`, { method, headers, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, text }));
      });
      sent.on('error', failed).end(body);
    });
  }

  const act = (body: unknown, headers: { [name: string]: string } = {}) =>
    say('/api/actions', {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
    });

  it('answers state, history and incidents from the record', async () => {
    const state = JSON.parse((await say('/api/state')).text) as DashboardView;
    assert.deepEqual(
      state.services.map(({ name }) => name),
      [SERVICE, 'plain'],
    );
    const service = encodeURIComponent(SERVICE);
    const history = JSON.parse((await say(`/api/history?service=${service}&hours=72`)).text) as HistoryView;
    const sum = (column: number[]) => column.reduce((total, one) => total + one, 0);
    assert.equal(sum(history.failed), 10);
    assert.equal(sum(history.passed), 24 * 60 + 1 - 10);
    assert.equal(history.watched.filter(Boolean).length, 24 * 4);
    const incidents = JSON.parse((await say(`/api/incidents?service=${service}`)).text) as IncidentsView;
    assert.deepEqual([incidents.length, incidents[0]?.timeline.length], [1, 4]);
    assert.equal((await say('/api/history?hours=9')).status, 400);
    assert.deepEqual(stage.bugs, []);
  });

  it('is deaf to a name that is not ours (DNS rebinding), and to pages of others', async () => {
    for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example', 'a b']) {
      assert.equal((await say('/api/state', { headers: { host } })).status, 421, host);
    }
    for (const host of ['localhost:9', '127.0.0.1', '[::1]:8090', 'status.example']) {
      assert.equal((await say('/api/state', { headers: { host } })).status, 200, host);
    }
    assert.equal((await say('/api/state', { headers: { origin: 'http://evil.example' } })).status, 403);
    assert.equal((await say('/api/live', { headers: { 'sec-fetch-site': 'cross-site' } })).status, 403);
    assert.equal((await say('/', { headers: { origin: 'null' } })).status, 403);
  });

  it('sends every answer with headers that let nothing foreign in', async () => {
    for (const path of ['/', '/api/state', '/nothing', '/assets/base.css']) {
      const { headers } = await say(path);
      assert.match(String(headers['content-security-policy']), /default-src 'none'; script-src 'self'/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['access-control-allow-origin'], undefined);
      assert.equal(headers['set-cookie'], undefined);
    }
    assert.doesNotMatch((await say('/')).text, /https?:|style=|\son\w+=/);
  });

  it('acts only with the token, as JSON, for a page of its own', async () => {
    const pause = { service: 'plain', action: 'pause' };
    assert.equal((await act(pause, { authorization: '' })).status, 401);
    assert.equal((await act(pause, { authorization: 'Bearer wrong' })).status, 401);
    assert.equal((await act(pause, { origin: 'http://evil.example' })).status, 403);
    assert.equal((await act(pause, { 'content-type': 'text/plain' })).status, 415);
    assert.equal((await act(pause, { host: 'evil.example' })).status, 421);
    assert.equal((await say('/api/actions')).status, 405);
    const nonsense = [
      '{',
      '[]',
      'null',
      '{"service":"plain","action":"kill"}',
      '{"service":"other","action":"pause"}',
    ];
    nonsense.push('{"service":"plain","action":"drill","fault":"rm"}', `{"a":"${'x'.repeat(9_000)}"}`);
    for (const body of nonsense) assert.equal((await act(body)).status, 400, body.slice(0, 40));
    assert.deepEqual(stage.performed, []);
    assert.equal((await act(pause, { origin: stage.url })).status, 200);
    const drill = { service: 'plain', action: 'drill', fault: 'wedge' };
    assert.equal((await act(drill)).status, 200);
    assert.deepEqual(stage.performed, [pause, drill]);
    for (let tries = 0; tries < 12; tries += 1) await act(pause, { authorization: 'Bearer wrong' });
    assert.equal((await act(pause)).status, 429, 'after many wrong ones nobody may try for a while');
  });

  it('without a token only shows', async () => {
    const other = await stageDashboard(record, { token: null });
    try {
      const response = await fetch(`${other.url}/api/actions`, { method: 'POST', body: '{}' });
      assert.equal(response.status, 403);
      const view = (await (await fetch(`${other.url}/api/state`)).json()) as DashboardView;
      assert.equal(view.actions, false);
    } finally {
      await other.dashboard.close();
    }
  });

  it('gives strangers a status page and badges that say little', async () => {
    const stranger = { headers: { host: 'anything.example', origin: 'https://github.com' } };
    const status = await say('/status', stranger);
    assert.equal(status.status, 200);
    assert.match(status.text, /plain: <span class="soft">Unknown/);
    assert.match(status.text, /model&lt;script&gt;/);
    const badge = await say('/badge/plain.json', stranger);
    assert.deepEqual(JSON.parse(badge.text), {
      ...{
        schemaVersion: 1,
        label: 'plain',
        message: 'unknown',
        color: '57606a',
        isError: false,
        cacheSeconds: 60,
      },
    });
    assert.match((await say('/badge/plain.svg', stranger)).text, /aria-label="plain: unknown"/);
    for (const { text } of [status, badge]) {
      assert.doesNotMatch(text, /pid|127\.0\.0\.1|no answer|\/health|SIGKILL|incident-|boot/);
    }
    assert.equal((await say('/badge/other.svg', stranger)).status, 421);
    assert.equal((await say('/badge/..%2f..%2fetc.svg', stranger)).status, 421);
  });

  it('hands out its own files and no others', async () => {
    for (const path of [
      '/assets/../package.json',
      '/assets/dashboard/page/..%2f..%2fserver.js',
      '//etc/passwd',
    ]) {
      assert.notEqual((await say(path)).status, 200, path);
    }
    const first = await say('/assets/uplot.js', { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(first.headers['content-encoding'], 'gzip');
    const again = await say('/assets/uplot.js', { headers: { 'if-none-match': String(first.headers.etag) } });
    assert.equal(again.status, 304);
    assert.equal((await say('/', { method: 'HEAD' })).text, '');
    assert.equal((await say('/', { method: 'DELETE' })).status, 405);
  });

  it('tells whoever listens of a change, and keeps out more than it can serve', async () => {
    const controllers: AbortController[] = [];
    const live = async () => {
      const controller = new AbortController();
      controllers.push(controller);
      return fetch(`${stage.url}/api/live`, { signal: controller.signal });
    };
    const response = await live();
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const until = async (word: string) => {
      let text = '';
      while (!text.includes(word)) text += (await reader?.read())?.value ?? '';
      return text;
    };
    await until('"name":"plain"');
    record.commit('later', decision('later', 1), { notifiers: [], wallMs: NOW });
    stage.dashboard.changed();
    await until('"name":"later"');
    const all = await Promise.all(Array.from({ length: 40 }, live));
    assert.ok(all.some(({ status }) => status === 503));
    for (const controller of controllers) controller.abort();
  });
});
