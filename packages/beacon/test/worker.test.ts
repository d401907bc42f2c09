import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Miniflare } from 'miniflare';
import { openFar, SECRETS, text } from './stage.js';

interface Wrangler {
  main: string;
  compatibility_date: string;
  triggers: { crons: string[] };
  durable_objects: { bindings: { name: string; class_name: string }[] };
}

/** As wrangler reads the folder; the secrets as bindings. */
function workerIn(dir: string, keep: string, bindings: { [name: string]: string }): Miniflare {
  const wrangler = JSON.parse(text(dir, 'wrangler.json')) as Wrangler;
  const objects = wrangler.durable_objects.bindings.map(({ name, class_name }) => [
    name,
    { className: class_name, useSQLite: true },
  ]);
  return new Miniflare({
    modulesRoot: dir,
    modules: [{ type: 'ESModule', path: join(dir, wrangler.main) }],
    compatibilityDate: wrangler.compatibility_date,
    durableObjects: Object.fromEntries(objects),
    durableObjectsPersist: keep,
    bindings,
  });
}

/** Fires the cron trigger; how the run ended. */
async function triggerOf(miniflare: Miniflare): Promise<string> {
  const worker = (await miniflare.getWorker()) as unknown as {
    scheduled(event: { cron: string }): Promise<{ outcome: string }>;
  };
  return (await worker.scheduled({ cron: '*/1 * * * *' })).outcome;
}

describe('the exported Worker, in workerd', () => {
  let far: Awaited<ReturnType<typeof openFar>>;
  let dir: string;
  let miniflare: Miniflare;

  const boot = (bindings: { [name: string]: string }) => workerIn(dir, join(far.folder, 'objects'), bindings);
  const trigger = () => triggerOf(miniflare);
  const pass = async () => assert.equal(await trigger(), 'ok');
  const told = () => far.pages().map(({ kind, title }) => `${kind}: ${title}`);

  before(async () => {
    far = await openFar();
    dir = await far.export('cloudflare-worker');
    miniflare = boot(far.secrets);
    await miniflare.ready;
  });
  after(async () => {
    await miniflare?.dispose();
    await far?.close();
  });

  it('does real work through the public URL, with the key, and is heard', async () => {
    await pass();
    const [asked] = far.edge.requests;
    assert.equal(asked?.headers.authorization, far.secrets.BEACON_SVC_AUTHORIZATION);
    assert.ok(JSON.parse(asked?.body ?? '{}').input.length >= 2);
    assert.equal(far.waiting.requests.length, 1);
    // Its dead man's switch: a message that ntfy delivers in two hours, put off, and not with each pass.
    const armed = () => far.ntfy.requests.filter(({ headers }) => headers['x-delay'] === '120m');
    assert.equal(armed()[0]?.headers['x-sequence-id'], 'ninelives-off');
    await pass();
    assert.equal(armed().length, 1);
    assert.deepEqual(told(), []);
  });

  it('says nothing of one failed look, pages a loss once, and its end', async () => {
    let fails = 2;
    const { answer } = far.edge;
    far.edge.answer = (body, response) => (fails-- > 0 ? response.destroy() : answer(body, response));
    await pass();
    assert.deepEqual(told(), []);
    await far.edge.off();
    await pass();
    await pass();
    assert.deepEqual(told(), ['opened: svc can not be reached']);
    await far.edge.on();
    await pass();
    assert.equal(told().length, 2);
    assert.match(told()[1] ?? '', /^resolved: svc can be reached again/);
    const posts = far.ntfy.requests.filter(({ headers }) => headers['x-delay'] === undefined);
    const published = posts.map(({ body }) => JSON.parse(body) as { [key: string]: unknown });
    assert.deepEqual(
      published.map(({ topic, title, priority }) => [topic, title, priority]),
      [
        ['s3cret-topic', 'svc can not be reached', 4],
        ['s3cret-topic', told()[1]?.replace('resolved: ', ''), 3],
      ],
      'as ntfy takes it (docs.ntfy.sh/publish, "Publish as JSON")',
    );
    assert.match(String(published[0]?.sequence_id), /^[0-9a-f]{32}$/);
  });

  it('is blind while no control target answers: no page of a loss, and one with its interval afterwards', async () => {
    const before = told().length;
    const places = [far.edge, ...far.controls];
    for (const each of places) await each.off();
    await pass();
    await pass();
    assert.equal(told().length, before);
    for (const each of places) await each.on();
    await pass();
    assert.match(told().slice(before).join(), /^notice: svc: off could not see for/);
  });

  it('keeps what could not be told, over a restart of the runtime', async () => {
    const before = told().length;
    await far.phone.off();
    await far.edge.off();
    await pass();
    await miniflare.dispose();
    miniflare = boot(far.secrets);
    await far.phone.on();
    // The next attempt is put off by its backoff, so it may need more than one pass.
    for (let tries = 0; tries < 100 && told().length === before; tries += 1) await pass();
    assert.deepEqual(told().slice(before), ['opened: svc can not be reached']);
    await far.edge.on();
    await pass();
    assert.equal(told().length, before + 2);
  });

  it('stays within what the free plan gives one pass', async () => {
    const every = [far.edge, ...far.controls, far.phone, far.waiting];
    const count = () => every.reduce((sum, { requests }) => sum + requests.length, 0);
    const from = count();
    await far.edge.off();
    far.edge.answer = (_, response) => response.writeHead(500).end();
    await far.edge.on();
    await pass();
    assert.ok(count() - from <= 50, `${count() - from} requests`);
    assert.ok(count() - from >= 9, 'the worst pass was not reached');
  });

  it('says what is missing when a secret is not set, and holds none itself', async () => {
    for (const file of readdirSync(dir)) {
      for (const secret of SECRETS) assert.ok(!readFileSync(join(dir, file), 'utf8').includes(secret), file);
    }
    await miniflare.dispose();
    const { BEACON_PHONE_URL: _, ...rest } = far.secrets;
    miniflare = boot(rest);
    assert.equal(await trigger(), 'exception');
  });
});

describe('the exported Worker hears other layers', () => {
  const UUID = '6f1e9a52-2d0c-4f1c-9a4e-0d4f6f3b7a11';
  let far: Awaited<ReturnType<typeof openFar>>;
  let miniflare: Miniflare;

  before(async () => {
    far = await openFar({
      layers: ['{ name: lan, kind: watch, domains: {}, heard_by: [off], grace: 700ms }'],
    });
    const dir = await far.export('cloudflare-worker');
    miniflare = workerIn(dir, join(far.folder, 'objects'), { ...far.secrets, BEACON_HEARS_LAN: UUID });
    await miniflare.ready;
  });
  after(async () => {
    await miniflare?.dispose();
    await far?.close();
  });

  it('tells of a silence once, of its end, and of what a layer says of itself', async () => {
    const told = () => far.pages().map(({ kind, title }) => `${kind}: ${title}`);
    const ping = async (path: string, body = '') =>
      (await miniflare.dispatchFetch(`http://worker/ping/${path}`, { method: 'POST', body })).status;
    const passUntil = async (count: number) => {
      for (let tries = 0; tries < 200 && told().length < count; tries += 1) {
        assert.equal(await triggerOf(miniflare), 'ok');
      }
    };
    assert.equal(await ping(UUID.replace('6', '7')), 404);
    await passUntil(1);
    assert.deepEqual(told(), ['opened: lan was never heard']);
    assert.equal(await ping(UUID), 200);
    await passUntil(2);
    assert.match(told()[1] ?? '', /^resolved: lan is heard again after/);
    assert.equal(await ping(`${UUID}/fail`, 'no route to host\nmore'), 200);
    assert.equal(await ping(`${UUID}/start`), 200);
    await passUntil(3);
    assert.match(told()[2] ?? '', /^opened: lan itself says that it fails: no route to host$/);
    await ping(UUID);
    await passUntil(4);
    assert.equal(told().length, 4);
    const shown = await (await miniflare.dispatchFetch('http://worker/')).text();
    assert.match(shown, /"from":"lan"/);
    assert.ok(!shown.includes(UUID));
  });
});
