import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from '../../src/core/decision.js';
import type { Delivery } from '../../src/notify/notifier.js';
import { messageOf } from '../../src/notify/web/message.js';
import { repliesIn } from '../../src/notify/web/ntfy.js';
import { PAGE, SECRET } from '../contract/notifier.js';
import { farServer } from './far-server.js';
import { type Hosted, make, SERVICES } from './services.js';

const never = new AbortController().signal;

/** Delivers these to a server that takes them all; what came, and what it came to. */
async function send(type: Hosted, pages: Page[], answer: (path: string) => [number, unknown]) {
  const server = await farServer((request, response) => {
    const [status, text] = answer(request.path);
    response.writeHead(status).end(JSON.stringify(text));
  });
  try {
    const notifier = make(SERVICES[type].config(server.url));
    const deliveries: Delivery[] = [];
    for (const page of pages) deliveries.push(await notifier.deliver(page, never));
    return {
      deliveries,
      requests: server.requests.map(({ path, body }) => [path, JSON.parse(body || 'null')] as const),
    };
  } finally {
    await server.close();
  }
}

const of = (kind: Page['kind'], parts: Partial<Page> = {}): Page => ({
  ...PAGE,
  id: `a/incident-1/${kind}`,
  kind,
  ...parts,
});

describe('pages on the wire', () => {
  it('PagerDuty: one key from trigger to resolve, and one for every layer that sees the public way', async () => {
    const loss = [of('opened'), of('escalated'), of('acknowledged'), of('resolved')];
    const { requests } = await send('pagerduty', loss, () => [202, {}]);
    assert.deepEqual(
      requests.map(([, body]) => [body.event_action, body.dedup_key, body.payload?.severity]),
      [
        ['trigger', 'ninelives/a/incident-1', 'error'],
        ['trigger', 'ninelives/a/incident-1', 'critical'],
        ['acknowledge', 'ninelives/a/incident-1', undefined],
        ['resolve', 'ninelives/a/incident-1', undefined],
      ],
    );
    const keys = ['lan-1', 'beacon-7'].map((incidentId) => {
      return messageOf({ ...PAGE, incidentId, thread: 'public-way' }, null).key;
    });
    assert.deepEqual(keys, ['ninelives/a/public-way', 'ninelives/a/public-way']);
  });

  it('PagerDuty: busy for at least a minute', async () => {
    const { deliveries } = await send('pagerduty', [PAGE], () => [429, {}]);
    assert.deepEqual(deliveries, [{ outcome: 'retry', error: 'it: HTTP 429', afterMs: 60_000 }]);
  });

  it('Pushover: an emergency until acknowledged, called off by its tag', async () => {
    const { deliveries, requests } = await send('pushover', [of('escalated'), of('resolved')], () => [
      200,
      { status: 1, receipt: 'r-1' },
    ]);
    assert.deepEqual(deliveries[0], { outcome: 'accepted', receipt: 'r-1' });
    const [urgent, cancel, calm] = requests;
    const { priority, retry, expire, tags } = urgent?.[1] ?? {};
    assert.deepEqual([priority, retry, expire, tags], [2, 60, 3_600, 'ninelives-a-incident-1']);
    assert.deepEqual(cancel, ['/1/receipts/cancel_by_tag/ninelives-a-incident-1.json', { token: SECRET }]);
    assert.equal(calm?.[1].priority, 0);
  });

  it('Pushover: who acknowledged, from the receipt', async () => {
    const server = await farServer((_, response) => {
      response.end(
        JSON.stringify({
          acknowledged: 1,
          acknowledged_at: 1_764_000_100,
          acknowledged_by_device: 'jc-phone',
        }),
      );
    });
    try {
      const receipts = [{ receipt: 'r-1', service: 'a', incidentId: 'incident-1' }];
      const notifier = make(SERVICES.pushover.config(server.url));
      const told = await notifier.answers?.({ cursor: null, sinceWallMs: 0, receipts }, never);
      assert.deepEqual(told?.acknowledgements, [
        { service: 'a', incidentId: 'incident-1', by: 'jc-phone', wallMs: 1_764_000_100_000 },
      ]);
      assert.equal(server.requests[0]?.path, `/1/receipts/r-1.json?token=${SECRET}`);
    } finally {
      await server.close();
    }
  });

  it('Telegram and Discord say in their answer how long to wait', async () => {
    const telegram = await send('telegram', [PAGE], () => [
      429,
      { ok: false, parameters: { retry_after: 17 } },
    ]);
    assert.deepEqual(telegram.deliveries, [{ outcome: 'retry', error: 'it: HTTP 429', afterMs: 17_000 }]);
    const discord = await send('discord', [PAGE], () => [429, { retry_after: 0.65 }]);
    assert.deepEqual(discord.deliveries, [{ outcome: 'retry', error: 'it: HTTP 429', afterMs: 650 }]);
  });

  it('stay within what each service takes, whatever a page holds', async () => {
    const long = { ...PAGE, title: '<!channel> & @everyone '.repeat(400), body: 'ü🐈<x>&'.repeat(9_000) };
    const bodies = async (type: Hosted) => (await send(type, [long], () => [200, {}])).requests[0]?.[1];
    const ntfy = await bodies('ntfy');
    assert.ok(Buffer.byteLength(ntfy.message) <= 4_096 && ntfy.title.length <= 250);
    const pushover = await bodies('pushover');
    assert.ok(pushover.message.length <= 1_024 && pushover.title.length <= 250);
    assert.ok((await bodies('telegram')).text.length <= 4_096);
    const slack = await bodies('slack');
    assert.ok(slack.blocks[0].text.text.length <= 150 && slack.blocks[1].text.text.length <= 3_000);
    assert.ok(!JSON.stringify([slack.text, slack.blocks[1]]).includes('<!'));
    const discord = await bodies('discord');
    const [embed] = discord.embeds;
    assert.ok(
      discord.content.length <= 2_000 && embed.title.length <= 256 && embed.description.length <= 4_096,
    );
    assert.deepEqual(discord.allowed_mentions, { parse: [] });
    const pagerduty = await bodies('pagerduty');
    assert.ok(pagerduty.payload.summary.length <= 1_024 && pagerduty.dedup_key.length <= 255);
    for (const text of [ntfy.message, pushover.message, embed.description]) assert.ok(text.isWellFormed());
  });

  it('a drill wakes nobody', async () => {
    const [ntfy] = (await send('ntfy', [of('escalated', { drill: true })], () => [200, {}])).requests;
    assert.equal(ntfy?.[1].priority, 2);
  });
});

describe('replies on ntfy', () => {
  it('are polled from where the last poll ended, and read', async () => {
    const lines = [
      { id: 'o', time: 5, event: 'open' },
      { id: 'm1', time: 10, event: 'message', message: 'ack a/incident-1' },
      { id: 'm2', time: 11, event: 'message', message: 'ACK by Jo' },
      { id: 'm3', time: 12, event: 'message', message: 'ack emb' },
      { id: 'm4', time: 13, event: 'message', message: 'thanks, looking' },
    ];
    const server = await farServer((_, response) =>
      response.end(`${lines.map((line) => JSON.stringify(line)).join('\n')}\nnot json\n`),
    );
    try {
      const notifier = make(SERVICES.ntfy.config(server.url));
      const asked = { sinceWallMs: 3_000, receipts: [] };
      const answers = await notifier.answers?.({ ...asked, cursor: null }, never);
      assert.deepEqual(answers, {
        cursor: 'm4',
        acknowledgements: [
          { service: 'a', incidentId: 'incident-1', by: 'somebody on the phone', wallMs: 10_000 },
          { service: null, incidentId: null, by: 'Jo', wallMs: 11_000 },
          { service: 'emb', incidentId: null, by: 'somebody on the phone', wallMs: 12_000 },
        ],
      });
      await notifier.answers?.({ ...asked, cursor: 'm4' }, never);
      assert.deepEqual(
        server.requests.map(({ path }) => path),
        ['/box-replies/json?poll=1&since=3', '/box-replies/json?poll=1&since=m4'],
      );
    } finally {
      await server.close();
    }
  });

  it('nothing new leaves the cursor where it is', () => {
    assert.deepEqual(repliesIn('', 'm4'), { acknowledgements: [], cursor: 'm4' });
  });
});
