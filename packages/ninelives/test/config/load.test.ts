// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to the environment look like this
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_GATEWAY } from '../../src/config/defaults.js';
import { configFromFlags, loadConfig } from '../../src/config/load.js';
import type { ServiceConfig } from '../../src/config/service.js';
import { ConfigError } from '../../src/config/source/problem.js';
import { DEFAULT_POLICY } from '../../src/core/policy.js';
import { configFolder, only, problemsOf, withService } from './config-folder.js';

const folder = configFolder();
const { parse, write } = folder;

test('the shortest config has every default', () => {
  const { services, notifiers, retentionMs } = parse('version: 1\nservices: [{ name: a, embedder: }]\n');
  assert.deepEqual(only(services), {
    name: 'a',
    source: { type: 'embedder', settings: {} },
    port: 8088,
    probe: {
      kind: 'embeddings',
      url: 'http://127.0.0.1:8088',
      model: null,
      headers: {},
      cheapPaths: ['/health', '/v1/models'],
      options: {},
    },
    policy: DEFAULT_POLICY,
    restart: {
      policy: 'on-failure',
      restartMs: 100,
      startLimitBurst: 5,
      startLimitIntervalMs: 10_000,
      stopTimeoutMs: 10_000,
    },
    progress: {
      url: 'http://127.0.0.1:8088/metrics',
      counter: 'ninelives_embedder_inputs_completed_total',
    },
    gateway: DEFAULT_GATEWAY,
    outer: { public: null, lan: null, tunnel: null, domains: {} },
  });
  assert.deepEqual(notifiers, []);
  assert.equal(retentionMs, 14 * 86_400_000);
});

test('everything that can be said is understood', () => {
  write('key', 'k-1\n');
  write('hook', 's-1');
  write('golden.json', '{"one": [1, 0], "two": [0, 1]}');
  const config = parse(
    `
version: 1
services:
  - name: vectors
    port: \${PORT}
    embedder: { model: ./m, prompts: { STS12: "q: " }, limits: { max_inputs: 8 } }
    probe:
      every: 3m
      deadline: { min: 500ms }
      headers: { X-Who: "\${WHO} pays $$5" }
      bearer_file: key
      task_name: STS12
      dimensions: 2
      golden: golden.json
      min_cosine: 0.9
      cheap: [/healthz]
    guard: { failure_threshold: 2, judged: { of: 9 }, kills: 4, window: 1h, slow_max: 3h }
    restart: { policy: always, sec: 2s, start_limit_burst: 10, start_limit_interval: 1m, stop_timeout: 30s }
  - name: talk
    command: python3 serve.py --name 'a b'
    cwd: sub
    env: { N: 1, ON: true }
    port: 9000
    probe: { kind: chat, model: m, prompts: [Hi], expect: hi, max_tokens: 4, deadline: 10s }
    progress: { url: "http://127.0.0.1:9000/metrics", counter: "vllm:done" }
  - name: unit
    unit: model
    user: true
    probe: { kind: http, url: "http://127.0.0.1:9001", body: { q: [1] }, status: [200, 201], json: { ok: true } }
notify:
  - { name: desk, command: [say, it], timeout: 3s }
  - { name: hook, webhook: { url: "https://example.org/h", secret_file: hook, headers: { A: b } } }
retention: 3d
`,
    { PORT: '8100', WHO: 'me' },
  );
  const [vectors, talk, unit] = config.services as [ServiceConfig, ServiceConfig, ServiceConfig];
  assert.equal(vectors.port, 8100);
  assert.equal(vectors.probe.url, 'http://127.0.0.1:8100');
  assert.deepEqual(vectors.source, {
    type: 'embedder',
    settings: { model: './m', prompts: { STS12: 'q: ' }, limits: { max_inputs: 8 } },
  });
  assert.deepEqual(vectors.probe.headers, { 'X-Who': 'me pays $5', authorization: 'Bearer k-1' });
  assert.deepEqual(vectors.probe.cheapPaths, ['/healthz']);
  assert.deepEqual(vectors.probe.options, {
    texts: ['one', 'two'],
    golden: { one: [1, 0], two: [0, 1] },
    taskName: 'STS12',
    dimensions: 2,
    minCosine: 0.9,
  });
  assert.deepEqual(vectors.policy, {
    ...DEFAULT_POLICY,
    intervalMs: 180_000,
    deadlineMinMs: 500,
    failureThreshold: 2,
    judgedOf: 9,
    killsMax: 4,
    windowMs: 3_600_000,
    slowMaxMs: 10_800_000,
  });
  assert.deepEqual(vectors.restart, {
    policy: 'always',
    restartMs: 2_000,
    startLimitBurst: 10,
    startLimitIntervalMs: 60_000,
    stopTimeoutMs: 30_000,
  });
  assert.deepEqual(talk.source, {
    type: 'command',
    argv: ['python3', 'serve.py', '--name', 'a b'],
    cwd: folder.in('sub'),
    env: { N: '1', ON: 'true' },
  });
  assert.deepEqual([talk.policy.deadlineMinMs, talk.policy.deadlineMaxMs], [10_000, 10_000]);
  assert.deepEqual(talk.probe.options, { prompts: ['Hi'], expect: 'hi', maxTokens: 4 });
  assert.deepEqual(talk.progress, { url: 'http://127.0.0.1:9000/metrics', counter: 'vllm:done' });
  assert.deepEqual(unit.source, { type: 'unit', unit: 'model.service', user: true });
  assert.equal(unit.port, 9001);
  assert.deepEqual(unit.probe.options, {
    method: 'POST',
    body: '{"q":[1]}',
    statuses: [200, 201],
    json: { ok: true },
  });
  assert.deepEqual(config.notifiers, [
    { type: 'command', name: 'desk', argv: ['say', 'it'], timeoutMs: 3_000 },
    { type: 'webhook', name: 'hook', url: 'https://example.org/h', secret: 's-1', headers: { A: 'b' } },
  ]);
  assert.equal(config.retentionMs, 3 * 86_400_000);
});

test('no start limit, no conflict with the kills', () => {
  const config = parse(withService('restart: { start_limit_interval: 0s }\nguard: { kills: 9 }'));
  assert.equal(only(config.services).policy.killsMax, 9);
});

test('a file that is not there says what to type', () => {
  assert.throws(
    () => loadConfig(folder.in('none.yaml'), {}),
    (error) =>
      error instanceof ConfigError && /no such file/.test(error.message) && /ninelives init/.test(error.hint),
  );
  assert.throws(() => loadConfig(folder.in('.'), {}), ConfigError);
});

test('flags take the same road', () => {
  assert.deepEqual(configFromFlags({}), parse('version: 1\nservices: [{ name: embedder, embedder: }]'));
  const embedder = only(configFromFlags({ port: '9000', model: './m' }).services);
  assert.equal(embedder.probe.url, 'http://127.0.0.1:9000');
  assert.deepEqual(embedder.source, { type: 'embedder', settings: { model: './m' } });
  assert.equal(embedder.probe.model, null);
  const unit = only(
    configFromFlags({ unit: 'tei@a.service', url: 'http://127.0.0.1:8000/v1', model: 'm' }).services,
  );
  assert.equal(unit.name, 'tei-a');
  assert.equal(unit.port, 8000);
  assert.equal(unit.probe.model, 'm');
  const elsewhere = only(configFromFlags({ url: 'http://127.0.0.1:9000', model: 'm' }).services);
  assert.deepEqual([elsewhere.port, elsewhere.probe.model], [9000, 'm']);
  const command = only(configFromFlags({ command: ['/opt/My Server.py', '-x'], kind: 'chat' }).services);
  assert.equal(command.name, 'My-Server');
  assert.deepEqual(command.source, {
    type: 'command',
    argv: ['/opt/My Server.py', '-x'],
    cwd: null,
    env: {},
  });
  assert.match(
    problemsOf(() => configFromFlags({ unit: 'a', command: ['b'] })).join(),
    /command line --unit: .*either/,
  );
  assert.match(
    problemsOf(() => configFromFlags({ port: 'x', kind: 'chatt' })).join(),
    /--port: .*--kind: .*mean "chat"/,
  );
  assert.match(problemsOf(() => configFromFlags({ command: [] })).join(), /-- COMMAND: must not be empty/);
});

test('outer layers: what is said, and the defaults of the rest', () => {
  const { services, outer } = parse(`version: 1
services:
  - name: a
    unit: a
    port: 8088
    public: { url: "https://a.example" }
    lan: { address: "192.0.2.10:22" }
    domains: { host: box, provider: [cloudflare] }
  - { name: tunnel, unit: t, probe: { url: "https://a.example" }, tunnel: { of: a } }
watch: { every: 1m }
layers:
  - { name: lan, kind: watch, domains: { power: home }, heard_by: [off] }
  - { name: off, kind: beacon, domains: {}, notify: [phone] }
notify:
  - { name: phone, webhook: { url: "https://hooks.example/x" } }
`);
  assert.deepEqual(services[0]?.outer, {
    public: { url: 'https://a.example', headers: {} },
    lan: { host: '192.0.2.10', port: 22, url: null },
    tunnel: null,
    domains: { host: ['box'], provider: ['cloudflare'] },
  });
  assert.deepEqual(services[1]?.outer.tunnel, { of: 'a', local: null });
  assert.deepEqual(
    [outer.policy.everyMs, outer.policy.failureThreshold, outer.controls.length],
    [60_000, 3, 3],
  );
  const rest = { heardBy: [] as string[], graceMs: 900_000, notify: ['phone'], alarm: null };
  assert.deepEqual(outer.layers, [
    {
      ...rest,
      name: 'lan',
      kind: 'watch',
      domains: { power: ['home'] },
      everyMs: 60_000,
      lan: true,
      heardBy: ['off'],
    },
    { ...rest, name: 'off', kind: 'beacon', domains: {}, everyMs: 300_000, lan: false },
  ]);
  assert.deepEqual(outer.notifiers, { phone: { provider: ['hooks.example'] } });
});

test('a gateway: before the only service, unless it says no; before several only where they say so', () => {
  const gateways = (services: string) =>
    parse(`version: 1\nservices: ${services}`).services.map(({ gateway }) => gateway?.port ?? null);
  assert.deepEqual(gateways('[{ name: a, embedder: }]'), [8080]);
  assert.deepEqual(gateways('[{ name: a, unit: x, port: 8080 }]'), [8081]);
  assert.deepEqual(gateways('[{ name: a, embedder: , gateway: false }]'), [null]);
  assert.deepEqual(gateways('[{ name: a, unit: x, probe: { url: "https://far.example" } }]'), [null]);
  assert.deepEqual(gateways('[{ name: a, embedder: }, { name: b, unit: x, port: 1, gateway: {} }]'), [
    null,
    8080,
  ]);
  write('api.keys', '# mine\nfirst\n\nsecond\n');
  const all =
    '{ host: "::", port: "9", keys_file: api.keys, per_minute: 60, hold: 20s, body_max: 2048, replay_chat: true }';
  const { gateway } = only(parse(withService(`gateway: ${all}`)).services);
  assert.ok(gateway?.keysFile?.endsWith('/api.keys'));
  assert.deepEqual(
    { ...gateway, keysFile: null },
    { host: '::', port: 9, keysFile: null, perMinute: 60, holdMs: 20_000, bodyMax: 2048, replayChat: true },
  );
});
