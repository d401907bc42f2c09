// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to the environment look like this
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { DEFAULT_PAGING } from '../../src/config/notify.js';
import { systemClock } from '../../src/host/system-clock.js';
import { createOutbox } from '../../src/notify/outbox.js';
import { openRecord } from '../../src/record/sqlite.js';
import { decision, incident, page } from '../record/rows.js';
import { farServer } from './far-server.js';
import { until } from './mortal.js';
import { make } from './services.js';

describe('an outbox that attends', () => {
  it('hears from the phone who is on it, and asks no more once somebody is', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ninelives-attended-'));
    const record = openRecord(join(dir, 'record.db'));
    const now = systemClock.wallMs();
    const lost = incident('a', 'i1', { openedWallMs: now, firstFailureWallMs: now });
    const reply = { id: 'm1', time: Math.floor(now / 1000) + 1, event: 'message', message: 'ack a/i1 by Jo' };
    const server = await farServer(({ method }, response) => {
      response.end(method === 'GET' ? `${JSON.stringify(reply)}\n` : '{}');
    });
    const config = { type: 'ntfy' as const, name: 'phone', server: server.url, topic: 't', token: null };
    const outbox = createOutbox({
      record,
      notifiers: [make({ ...config, replies: 'r' })],
      paging: DEFAULT_PAGING,
      clock: systemClock,
      random: () => 0.5,
    });
    try {
      await outbox.drain();
      assert.equal(server.requests.length, 0, 'nothing is open, so nothing is asked');
      const opened = { ...page('a', 'a/i1/opened', now), incidentId: 'i1', kind: 'opened' as const };
      record.commit('a', decision('a', 1, { incidents: [lost], pages: [opened] }), { notifiers: ['phone'] });
      await outbox.drain();
      await until(() => record.inbox('a').length === 1, 'the acknowledgement comes in');
      const [row] = record.inbox('a');
      assert.deepEqual([row?.command, row?.by], [{ type: 'acknowledge' }, 'Jo (phone)']);
      assert.equal(record.note('', 'cursor/phone'), 'm1');
      const button = JSON.parse(server.requests.find(({ method }) => method === 'POST')?.body ?? '')
        .actions[0];
      assert.deepEqual([button.url, button.body], [`${server.url}/r`, 'ack a/i1']);
    } finally {
      await outbox.stop();
      record.close();
      await server.close();
      rmSync(dir, { recursive: true });
    }
  });
});

describe('ninelives notify --test', () => {
  it('really sends, and says what came back, but no secret', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'ninelives-attended-'));
    const server = await farServer(({ path }, response) => {
      response.writeHead(path.startsWith('/s3cret') ? 404 : 200).end(`no such hook ${path}`);
    });
    const bin = join(import.meta.dirname, '../../../bin/ninelives.js');
    writeFileSync(
      join(dir, 'ninelives.yaml'),
      [
        'version: 1',
        'services: [{ name: a, unit: a.service, port: 8088 }]',
        'notify:',
        `  - { name: phone, ntfy: { server: "${server.url}", topic: box }, fallback: chat }`,
        '  - { name: chat, slack: { url: "${HOOK}" } }',
      ].join('\n'),
    );
    const run = async (...args: string[]) => {
      const env = { ...process.env, HOOK: `${server.url}/s3cret-hook` };
      const child = spawn(process.execPath, [bin, 'notify', ...args], { cwd: dir, env });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
      }
      const [status] = await once(child, 'close');
      return { status, output };
    };
    try {
      const both = await run('--test');
      assert.equal(both.status, 1);
      assert.match(both.output, /^phone {2}accepted: look whether it arrived/m);
      assert.match(both.output, /^chat {2}refused: chat: HTTP 404: no such hook/m);
      assert.ok(!both.output.includes('s3cret'), both.output);
      assert.match(JSON.parse(server.requests[0]?.body ?? '').title, /^ninelives: a test from /);
      assert.equal((await run('phone', '--test')).status, 0);
      const { output } = await run();
      assert.match(output, /^phone {2}ntfy, told at once; falls back to chat$/m);
      assert.match(output, /^chat {2}slack, what phone can not deliver$/m);
      assert.equal((await run('nobody')).status, 2);
    } finally {
      await server.close();
      rmSync(dir, { recursive: true });
    }
  });
});
