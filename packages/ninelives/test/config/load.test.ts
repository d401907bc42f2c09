// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references to the environment look like this
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { configFromFlags, loadConfig, parseConfig } from '../../src/config/load.js';
import type { ServiceConfig } from '../../src/config/service.js';
import { ConfigError } from '../../src/config/source/problem.js';
import { renderTemplate, TEMPLATE_SERVICE } from '../../src/config/template.js';
import { DEFAULT_POLICY } from '../../src/core/policy.js';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ninelives-config-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string, mode = 0o600): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

function parse(text: string, env: { [name: string]: string } = {}) {
  return parseConfig(text, { file: path.join(folder, 'ninelives.yaml'), env });
}

/** The lines of what went wrong, without the folder. */
function problemsOf(work: () => unknown, what = 'it'): string[] {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ConfigError, `not a ConfigError: ${error}`);
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.notEqual(error.hint, '');
    assert.equal(error.problems.length, error.message.split('\n').length);
    return error.message.replaceAll(`${folder}/`, '').split('\n');
  }
  return assert.fail(`${what} was accepted`);
}

function only(services: ServiceConfig[]): ServiceConfig {
  assert.equal(services.length, 1);
  return services[0] as ServiceConfig;
}

/** A config with one embedder; `lines` are put below it. */
const withService = (lines: string) =>
  `version: 1\nservices:\n  - name: a\n    embedder: {}\n${lines.replace(/^/gm, '    ')}\n`;

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
    cwd: path.join(folder, 'sub'),
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

test('all problems come at once, each at its line and column, with what was probably meant', () => {
  const text = `version: 1
services:
  - name: a
    embeder: {}
    probe:
      evry: 3s
      every: 30
      deadline: { min: 3 minutes, mxa: 2s }
      kind: embedings
  - name: b
    command: serve | tee log
    guard:
      kills: 5
  - name: b
    unit: x
    restart: { sec: 1s }
extra: 1
`;
  assert.deepEqual(
    problemsOf(() => parse(text)).map((line) => line.replace(/^ninelives.yaml:/, '').slice(0, 110)),
    [
      '4:5 services[0].embeder: unknown key; did you mean "embedder"?',
      '6:7 services[0].probe.evry: unknown key; did you mean "every"?',
      '7:14 services[0].probe.every: must be a duration such as 500ms, 30s, 3m or 1h30m; did you mean "30s"?',
      '8:24 services[0].probe.deadline.min: must be a duration such as 500ms, 30s, 3m or 1h30m; did you mean "3m"?',
      '8:35 services[0].probe.deadline.mxa: unknown key; did you mean "max"?',
      '9:13 services[0].probe.kind: "embedings" is not one of: embeddings, chat, completions, http; did you mean "emb',
      '11:14 services[1].command: "|" needs a shell, and there is none: write a list, such as ["sh", "-c", "exec …"]',
      '13:14 services[1].guard.kills: 5 kills and a start limit of 5 leave no start in reserve: after 5 starts the su',
      '14:5 services[2].port: services[1] has the same port (8088)',
      '14:11 services[2].name: services[1] has the same name',
      '16:14 services[2].restart: belongs to `embedder` and `command`: x has its own settings, see  systemctl cat x',
      '17:1 extra: unknown key; known here: version, services, notify, retention',
    ],
  );
});

test('what does not fit together is refused', () => {
  const table: [string, RegExp][] = [
    [withService('command: [x]'), /either embedder or command/],
    ['version: 1\nservices: [{ name: a }]', /needs one of: embedder, command, unit/],
    [withService('cwd: x'), /belongs to `command`/],
    [withService('user: true'), /belongs to `unit`/],
    [withService('probe: { deadline: { min: 5s, max: 3s } }'), /min \(5000 ms\) is longer than max/],
    [withService('probe: { deadline: { min: 1m } }'), /longer than max/],
    [withService('probe: { every: 0s }'), /must be from 50ms to 1d/],
    [withService('probe: { texts: [one] }'), /at least two different texts/],
    [withService('probe: { texts: [one, one] }'), /one text twice/],
    [withService('probe: { kind: chat, texts: [a, b] }'), /belongs to kind embeddings/],
    [withService('probe: { url: "http://127.0.0.1:9" }'), /asks port 9, but the service listens on 8088/],
    [withService('probe: { url: "ftp://x" }'), /must be a URL/],
    [withService('probe: { dimensions: 3, vector_length: 4 }'), /contradicts dimensions/],
    [withService('probe: { cheap: [health] }'), /must begin with "\/"/],
    [withService('probe: { headers: { "a b": c } }'), /header name/],
    [withService('guard: { judged: { failures: 6 } }'), /6 failures among the last 5/],
    [withService('guard: { judged: { of: 11 } }'), /more than intermittent.of/],
    [withService('guard: { slow: 3h }'), /longer than slow_max/],
    [withService('guard: { kills: 0 }'), /from 1 to 100/],
    [withService('restart: { start_limit_burst: 3 }'), /3 kills and a start limit of 3/],
    [withService('port: 0'), /port number from 1 to 65535/],
    [withService('port: http'), /port number from 1 to 65535/],
    [withService('progress: { url: "http://x", counter: "a-b" }'), /not a metric name/],
    [withService('probe: { golden: nope.json }'), /there is no nope.json/],
    [withService('probe: { bearer_file: nope }'), /there is no nope/],
    ['version: 2\nservices: [{ name: a, embedder: }]', /version: 2 is not one of: 1/],
    ['services: [{ name: a, embedder: }]', /version: is missing/],
    ['version: 1\nservices: []', /at least one service/],
    ['version: 1\nservices: [{ name: "a/b", embedder: }]', /must be 1 to 63 letters/],
    [
      'version: 1\nservices: [{ name: a, embedder: }, { name: b, embedder: }]',
      /services\[0\] has the same port \(8088\)/,
    ],
    [
      'version: 1\nservices: [{ name: a, unit: x, port: 1 }, { name: b, unit: x.service, port: 2 }]',
      /same unit/,
    ],
    [
      'version: 1\nservices: [{ name: a, embedder: }]\nnotify: [{ name: n }]',
      /needs one of: command, webhook/,
    ],
    ['version: 1\nservices: [{ name: a, embedder: &x }]\na: *y', /alias|anchor/i],
    ['version: 1\nversion: 1', /unique/],
    ['a: [', /./],
    ['', /must be a mapping, not empty/],
    ['- a', /must be a mapping, not a list/],
  ];
  for (const [text, expected] of table)
    assert.match(problemsOf(() => parse(text), text).join('\n'), expected, text);
});

test('no start limit, no conflict with the kills', () => {
  const config = parse(withService('restart: { start_limit_interval: 0s }\nguard: { kills: 9 }'));
  assert.equal(only(config.services).policy.killsMax, 9);
});

test('a secret that others may read is refused', () => {
  for (const mode of [0o640, 0o604, 0o620]) {
    write('loose', 'secret', mode);
    const lines = problemsOf(() => parse(withService('probe: { bearer_file: loose }')));
    assert.match(lines.join('\n'), /4?:\d+ .*may be read by others \(mode 6\d\d\): type {2}chmod 600/);
  }
  write('two-lines', 'a\nb');
  assert.match(
    problemsOf(() => parse(withService('probe: { bearer_file: two-lines }'))).join(),
    /more than one line/,
  );
});

test('golden vectors are validated', () => {
  for (const text of [
    '[1]',
    'x',
    '{"a": [1, 2], "b": [1]}',
    '{"a": [0, 0], "b": [1, 1]}',
    '{"a": [null], "b": [1]}',
    '{"a": [1]}',
  ]) {
    write('bad.json', text);
    assert.match(
      problemsOf(() => parse(withService('probe: { golden: bad.json }'))).join(),
      /bad.json|fewer than two/,
      text,
    );
  }
  write('other.json', '{"x": [1, 2], "y": [2, 1]}');
  const lines = problemsOf(() => parse(withService('probe: { golden: other.json, texts: [a, b] }')));
  assert.match(lines.join(), /none of the `texts`/);
});

test('a file that is not there says what to type', () => {
  assert.throws(
    () => loadConfig(path.join(folder, 'none.yaml'), {}),
    (error) =>
      error instanceof ConfigError && /no such file/.test(error.message) && /ninelives init/.test(error.hint),
  );
  assert.throws(() => loadConfig(folder, {}), ConfigError);
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

test('the template is a config that loads', () => {
  const schema = './ninelives.schema.json';
  const file = write('ninelives.yaml', renderTemplate({ schema, services: [TEMPLATE_SERVICE] }));
  assert.deepEqual(loadConfig(file, {}), configFromFlags({}));
});

test('every commented default in the template is a valid setting, and is the default', () => {
  const services = [TEMPLATE_SERVICE];
  const text = renderTemplate({ schema: 'x', services })
    .split('\n')
    .map((line) => line.replace(/^( *)# (?=(?: *- name:| *[a-z_]+:))/, '$1'))
    .filter((line) => !/_file|golden|secret/.test(line))
    .join('\n');
  const { policy, restart } = only(parse(text).services);
  const defaults = only(configFromFlags({}).services);
  assert.deepEqual({ policy, restart }, { policy: defaults.policy, restart: defaults.restart });
});

test('whatever is found, the template brings it back', () => {
  const anything = fc.string({ unit: 'binary', minLength: 1, maxLength: 20 });
  const source = fc.oneof(
    fc.array(anything, { minLength: 1, maxLength: 4 }).map((argv) => ({ type: 'command' as const, argv })),
    fc.boolean().map((user) => ({ type: 'unit' as const, unit: 'a.service', user })),
  );
  fc.assert(
    fc.property(
      source,
      fc.option(anything),
      fc.constantFrom('chat' as const, 'embeddings' as const),
      (source, model, kind) => {
        const text = renderTemplate({
          schema: 'a b',
          services: [{ name: 'true', source, port: 81, kind, model }],
        });
        const service = only(parse(text).services);
        assert.equal(service.name, 'true');
        assert.equal(service.probe.model, model);
        assert.equal(service.probe.kind, kind);
        if (source.type === 'unit') assert.deepEqual(service.source, source);
        else assert.deepEqual(service.source, { ...source, cwd: null, env: {} });
      },
    ),
  );
});

test('arbitrary text is a config or a ConfigError, never anything else', () => {
  const key = fc.constantFrom(
    'version',
    'services',
    'name',
    'probe',
    'every',
    'deadline',
    'headers',
    'env',
    'embedder',
    '__proto__',
    '<<',
    'notify',
    'json',
  );
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.constant('${X}'),
      tie('map'),
      tie('list'),
    ),
    map: fc.dictionary(key, tie('node')),
    list: fc.array(tie('node'), { maxLength: 3 }),
  })).node;
  const yamlish = fc
    .array(
      fc.constantFrom(
        'version: 1',
        '\n',
        '  ',
        '- ',
        'services:',
        '&a ',
        '*a',
        '{',
        '}',
        '[',
        ']',
        ': ',
        '"',
        "'",
        '|',
        '!!int ',
        '? ',
        '---',
        '#',
        '\t',
        'probe:',
        '<<: ',
      ),
      { maxLength: 30 },
    )
    .map((parts) => parts.join(''));
  const settled = (text: string) => {
    try {
      parse(text);
    } catch (error) {
      assert.ok(error instanceof ConfigError, `${JSON.stringify(text)}: ${error}`);
      assert.ok(error.problems.length > 0);
    }
  };
  fc.assert(fc.property(fc.oneof(fc.string(), yamlish), settled), { numRuns: 500 });
  const service = fc.record({
    version: fc.constant(1),
    services: fc.array(
      fc.record(
        { name: fc.constant('a'), embedder: tree, probe: tree, guard: tree, env: tree },
        { requiredKeys: ['name'] },
      ),
    ),
  });
  fc.assert(
    fc.property(fc.oneof(tree, service), (value) => settled(JSON.stringify(value))),
    { numRuns: 500 },
  );
});
