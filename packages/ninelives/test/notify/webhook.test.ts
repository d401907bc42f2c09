import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { createNotifier } from '../../src/notify/table.js';
import { judge } from '../../src/notify/web/http.js';
import { bodyOf } from '../../src/notify/web/webhook.js';
import { notifierContract, PAGE, SECRET } from '../contract/notifier.js';
import { farServer, httpFarEnd, type Request } from './far-server.js';

const NOW = 1_764_000_123_456;
const never = new AbortController().signal;

function webhook(url: string, parts: { secret?: string; headers?: { [name: string]: string } } = {}) {
  const config = { type: 'webhook' as const, name: 'hook', url, secret: null, headers: {}, ...parts };
  return createNotifier(config, { wallMs: () => NOW, env: {}, runbook: null });
}

notifierContract('the webhook', async () => {
  const { server, taken, far } = await httpFarEnd(204);
  const notifier = webhook(`${server.url}/${SECRET}`, {
    secret: `whsec_${btoa(SECRET)}`,
    headers: { authorization: `Bearer ${SECRET}` },
  });
  return {
    notifier,
    far,
    refuses: true,
    shape: { ...PAGE, key: 'ninelives/a/incident-1' },
    taken: () => taken.map(({ body }) => JSON.parse(body).data),
    close: () => server.close(),
  };
});

describe('the webhook on the wire', () => {
  const once = async (
    answer: (request: Request, response: ServerResponse) => void,
    parts: Parameters<typeof webhook>[1] = {},
  ) => {
    const server = await farServer(answer);
    try {
      const delivery = await webhook(server.url, parts).deliver(PAGE, never);
      return { delivery, requests: server.requests };
    } finally {
      await server.close();
    }
  };

  it('is signed as Standard Webhooks 1.0.0 asks', async () => {
    const key = Buffer.from('0123456789abcdef0123456789abcdef');
    for (const secret of [`whsec_${key.toString('base64')}`, key.toString()]) {
      const { requests } = await once((_, response) => response.end('ok'), { secret });
      const { headers, body } = requests[0] as Request;
      assert.equal(headers['webhook-id'], PAGE.id);
      assert.equal(headers['webhook-timestamp'], '1764000123');
      const signed = createHmac('sha256', key).update(`${PAGE.id}.1764000123.${body}`).digest('base64');
      assert.equal(headers['webhook-signature'], `v1,${signed}`);
      assert.equal(headers['content-type'], 'application/json');
      assert.deepEqual(JSON.parse(body), {
        type: 'incident.opened',
        timestamp: '2025-11-24T16:00:00.000Z',
        data: { ...PAGE, key: 'ninelives/a/incident-1' },
      });
    }
  });

  it('is taken by the official receiver', async () => {
    const secret = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`;
    const server = await farServer((_, response) => response.end());
    try {
      const config = { type: 'webhook' as const, name: 'hook', url: server.url, secret, headers: {} };
      const ports = { wallMs: Date.now, env: {}, runbook: null };
      await createNotifier(config, ports).deliver(PAGE, never);
      const { body, headers } = server.requests[0] as Request;
      const receiver = new Webhook(secret);
      assert.ok(receiver.verify(body, headers as Record<string, string>));
      assert.throws(() => receiver.verify(`${body} `, headers as Record<string, string>));
    } finally {
      await server.close();
    }
  });

  it('is not signed without a secret, and carries the headers that were asked for', async () => {
    const headers = { authorization: 'Bearer x', 'webhook-id': 'mine' };
    const { requests } = await once((_, response) => response.end(), { headers });
    assert.equal(requests[0]?.headers.authorization, 'Bearer x');
    assert.equal(
      requests[0]?.headers['webhook-id'],
      PAGE.id,
      'the id is not for the configuration to change',
    );
    assert.equal(requests[0]?.headers['webhook-signature'], undefined);
  });

  it('does not follow a redirect', async () => {
    const elsewhere = await farServer((_, response) => response.end());
    try {
      const { delivery } = await once((_, response) =>
        response.writeHead(307, { location: elsewhere.url }).end(),
      );
      assert.deepEqual(delivery, { outcome: 'refused', error: 'hook: HTTP 307: redirects are not followed' });
      assert.equal(elsewhere.requests.length, 0);
    } finally {
      await elsewhere.close();
    }
  });

  it('does not wait for the end of an answer', async () => {
    const { delivery } = await once((_, response) => {
      response.writeHead(200);
      response.write('a body that never ends');
    });
    assert.deepEqual(delivery, { outcome: 'accepted' });
  });

  it('stays below 20 kB', () => {
    const cut = bodyOf({ ...PAGE, body: `first line\n${'"ü🐈'.repeat(40_000)}` }, null);
    assert.ok(Buffer.byteLength(cut) < 20_000);
    assert.match(JSON.parse(cut).data.body, /^first line\n.*… \(cut\)$/s);
    assert.equal(JSON.parse(bodyOf(PAGE, null)).data.body, PAGE.body);
  });
});

describe('the class of an answer', () => {
  const of = (status: number, retryAfter?: string) =>
    judge(
      { name: 'hook', secrets: [] },
      { status, headers: new Headers(retryAfter ? { 'retry-after': retryAfter } : {}), text: '' },
      NOW,
    );

  it('follows its status', () => {
    for (const status of [200, 201, 202, 204]) assert.equal(of(status).outcome, 'accepted', `${status}`);
    for (const status of [408, 425, 429, 500, 502, 503, 504, 599]) {
      assert.equal(of(status).outcome, 'retry', `${status}`);
    }
    for (const status of [301, 302, 400, 401, 403, 404, 405, 410, 413, 422]) {
      assert.equal(of(status).outcome, 'refused', `${status}`);
    }
  });

  it('takes Retry-After in seconds or as a date', () => {
    const after = (value: string) => (of(429, value) as { afterMs?: number }).afterMs;
    assert.equal(after('7'), 7_000);
    assert.equal(after(new Date(NOW + 60_000).toUTCString()), 60_000 - (NOW % 1_000));
    assert.equal(after(new Date(NOW - 60_000).toUTCString()), 0);
    assert.equal(after('soon'), undefined);
    assert.ok(!('afterMs' in of(503)));
  });
});

describe('a webhook that can not work', () => {
  it('is refused when it is made, without its secret', () => {
    const cases: [string, Parameters<typeof webhook>[1], RegExp][] = [
      [`not a url ${SECRET}`, {}, /not a URL/],
      [`http://me:${SECRET}@127.0.0.1/`, {}, /headers: Authorization/],
      ['http://127.0.0.1/', { headers: { authorization: `${SECRET}\nx: y` } }, /header/],
      ['http://127.0.0.1/', { secret: `whsec_${SECRET}!` }, /not base64/],
    ];
    for (const [url, parts, said] of cases) {
      assert.throws(
        () => webhook(url, parts),
        (error: Error) => said.test(error.message) && !error.message.includes(SECRET),
      );
    }
  });
});
