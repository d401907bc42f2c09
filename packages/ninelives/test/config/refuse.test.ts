import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configFolder, problemsOf, withService } from './config-folder.js';

const { parse, write } = configFolder();

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
      '17:1 extra: unknown key; known here: version, services, notify, paging, heartbeats, watch, layers, dashboard, ',
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
    [
      withService('port: 8088\nprobe: { url: "http://127.0.0.1:9" }'),
      /asks port 9, but the service listens on 8088/,
    ],
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
    [withService('lan: { address: box }'), /must be HOST:PORT/],
    [withService('lan: {}'), /needs either `url` or `address`/],
    [withService('tunnel: { of: b }'), /belongs to `unit`/],
    [withService('probe: { golden: nope.json }'), /there is no nope.json/],
    [withService('probe: { bearer_file: nope }'), /there is no nope/],
    [withService('gateway: { port: 8088 }'), /port 8088 is that of services\[0\]/],
    [withService('gateway: { keys_file: nope }'), /there is no nope/],
    [withService('gateway: true'), /gateway/],
    [withService('probe: { url: "https://x" }\ngateway: {}'), /speaks plain http to it/],
    [
      'version: 1\nservices: [{ name: a, embedder: , gateway: {} }, { name: b, unit: x, port: 1, gateway: {} }]',
      /port 8080 is that of the gateway of services\[0\]/,
    ],
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
    ['version: 1\nservices: [{ name: a, embedder: }]\nnotify: [{ name: n }]', /needs one of: ntfy, pushover/],
    ['version: 1\nservices: [{ name: a, embedder: &x }]\na: *y', /alias|anchor/i],
    ['version: 1\nversion: 1', /unique/],
    ['a: [', /./],
    ['', /must be a mapping, not empty/],
    ['- a', /must be a mapping, not a list/],
  ];
  for (const [text, expected] of table)
    assert.match(problemsOf(() => parse(text), text).join('\n'), expected, text);
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
