import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ProbeReason } from '../../core/types.js';
import { createGoldenStore } from '../golden.js';
import type { ProbeSpec } from '../probe.js';
import { EMBEDDINGS_DEFAULTS, textsOf } from './embeddings.js';
import { at, sameJson } from './http.js';
import { type Answer, excerpt } from './kind.js';
import { KINDS, type KindName, kindNamed } from './kinds.js';

function spec(kind: KindName, options: { [key: string]: unknown } = {}): ProbeSpec {
  return { kind, url: 'http://127.0.0.1:1', model: null, headers: {}, cheapPaths: [], options };
}

function answer(text: unknown, contentType = 'application/json'): Answer {
  return { status: 200, contentType, text: typeof text === 'string' ? text : JSON.stringify(text) };
}

function judge(
  kind: KindName,
  given: Answer,
  options: { [key: string]: unknown } = {},
  golden = createGoldenStore(),
) {
  return KINDS[kind].judge(given, spec(kind, options), { attempt: 0, golden });
}

const A = [0.6, 0.8, 0];
const B = [0, 0.8, 0.6];
const rows = (...vectors: unknown[]) => ({ data: vectors.map((embedding, index) => ({ index, embedding })) });

test('embeddings: what is right, and everything that is not', () => {
  const table: [string, unknown, ProbeReason, RegExp, { [key: string]: unknown }?][] = [
    ['right', rows(A, B, A), 'ok', /^$/],
    ['other order', { data: rows(A, B, A).data.reverse() }, 'ok', /^$/],
    ['no index', { data: [{ embedding: A }, { embedding: B }, { embedding: A }] }, 'ok', /^$/],
    ['huge', rows([1e300, 0], [0, 1e300], [1e300, 0]), 'ok', /^$/],
    ['tiny', rows([1e-300, 0], [0, 1e-300], [1e-300, 0]), 'ok', /^$/],
    ['asked length', rows(A, B, A), 'ok', /^$/, { dimensions: 3 }],
    ['wrong asked length', rows(A, B, A), 'wrong', /3 numbers, expected 4/, { dimensions: 4 }],
    ['wrong known length', rows(A, B, A), 'wrong', /3 numbers, expected 2/, { vectorLength: 2 }],
    ['uneven', rows(A, [1, 2], A), 'wrong', /vector 1 has 2 numbers, expected 3/],
    ['too few', rows(A, B), 'wrong', /3 texts were sent, 2 vectors/],
    ['empty vector', rows([], [], []), 'wrong', /vector 0 is empty/],
    ['NaN as null', rows(A, [0, null, null], A), 'wrong', /vector 1 has 2 of 3 .*NaN \(null\)/],
    ['text', rows(A, B, ['0.1', 0, 0]), 'wrong', /vector 2 has 1 of 3 .*"0.1"/],
    ['infinite', '{"data":[{"embedding":[1e999]},{"embedding":[1]},{"embedding":[1]}]}', 'wrong', /infinite/],
    ['zero', rows(A, [0, 0, 0], A), 'wrong', /vector 1 is all zeros/],
    ['constant', rows(A, A, A), 'wrong', /two different texts have the same vector/],
    ['opposite is distinct', rows(A, [-0.6, -0.8, 0], A), 'ok', /^$/],
    ['random', rows(A, B, [0, 0, 1]), 'wrong', /one text sent twice/],
    [
      'index twice',
      { data: [0, 0, 1].map((index) => ({ index, embedding: A })) },
      'wrong',
      /`index` of row 1 is 0/,
    ],
    ['index beyond', { data: [0, 1, 3].map((index) => ({ index, embedding: A })) }, 'wrong', /row 2 is 3/],
    ['base64', rows('AAAA', 'AAAA', 'AAAA'), 'wrong', /row 0 has no `embedding` list/],
    ['error in 200', { error: { message: 'CUDA' } }, 'wrong', /error inside a success: .*CUDA/],
    ['no data', {}, 'wrong', /no `data` list/],
    ['a list', [], 'wrong', /not a JSON object/],
    ['cut', '{"data":[{"emb', 'reset', /ends in the middle/],
    ['spoilt', '{"data":[{"emb}', 'wrong', /not JSON/],
    ['python NaN', '{"data":[{"embedding":[NaN, 1]}]}', 'wrong', /contains NaN/],
    ['empty', '', 'wrong', /empty/],
  ];
  for (const [name, body, reason, detail, options] of table) {
    const judgement = judge('embeddings', answer(body), options);
    assert.equal(judgement.reason, reason, `${name}: ${judgement.detail}`);
    assert.match(judgement.detail, detail, name);
  }
});

test('JSON is asked for: another page is our mistake, unless it is JSON all the same', () => {
  assert.equal(judge('embeddings', answer(rows(A, B, A), 'text/plain')).reason, 'ok');
  assert.equal(judge('embeddings', answer(rows(A, B, A), 'application/problem+json')).reason, 'ok');
  const page = judge('chat', answer('<html>log in</html>', 'text/html'));
  assert.deepEqual([page.reason, /something else answers/.test(page.detail)], ['misconfigured', true]);
});

test('golden: this process changed its mind is wrong, another model is drift', () => {
  const far = rows([0.8, 0.6, 0], [0.6, 0, 0.8], [0.8, 0.6, 0]);
  const [a, b] = textsOf(EMBEDDINGS_DEFAULTS, 0);

  const own = createGoldenStore();
  assert.equal(judge('embeddings', answer(rows(A, B, A)), { minCosine: 0.99 }, own).reason, 'ok');
  assert.deepEqual(own.get(a), { vector: A, source: 'provisional', matched: true });
  assert.equal(judge('embeddings', answer(far), { minCosine: 0.99 }, own).reason, 'wrong');
  assert.equal(judge('embeddings', answer(rows([1, 0], [0, 1], [1, 0])), {}, own).reason, 'wrong');
  assert.equal(judge('embeddings', answer(rows(A, B, A)), {}, own).reason, 'ok');

  const approved = createGoldenStore({ [a]: A, [b]: B });
  const drift = judge('embeddings', answer(far), { minCosine: 0.99 }, approved);
  assert.deepEqual([drift.reason, /another model/.test(drift.detail)], ['drift', true]);
  assert.equal(approved.get(a)?.matched, false, 'a wrong answer is never taken as golden');
  assert.equal(judge('embeddings', answer(rows(A, B, A)), {}, approved).reason, 'ok');
  assert.equal(judge('embeddings', answer(far), { minCosine: 0.99 }, approved).reason, 'wrong');

  const restored = createGoldenStore({ [a]: A }, JSON.parse(JSON.stringify(approved)));
  assert.equal(restored.get(a)?.matched, true, 'what was seen survives the guard');
});

test('consecutive attempts send different texts, and each text more than once in a while', () => {
  const pairs = [0, 1, 2, 3].map((attempt) => textsOf(EMBEDDINGS_DEFAULTS, attempt).slice(0, 2));
  assert.equal(new Set(pairs.slice(0, 3).flat()).size, 6);
  assert.deepEqual(pairs[3], pairs[0]);
  const odd = { ...EMBEDDINGS_DEFAULTS, texts: ['x', 'y', 'z'] };
  for (const attempt of [0, 1, 2, 7, -1]) {
    const [a, b, again] = textsOf(odd, attempt);
    assert.ok(a !== b && a === again && a !== undefined && b !== undefined);
  }
});

test('log-probabilities, where there are any, must be numbers', () => {
  const chat = (logprobs: unknown) => ({ choices: [{ message: { content: 'hello' }, logprobs }] });
  const completion = (logprobs: unknown) => ({ choices: [{ text: ' Paris', logprobs }] });
  const table: [KindName, unknown, 'ok' | 'wrong'][] = [
    ['chat', chat(null), 'ok'],
    ['chat', chat({ content: [{ logprob: -0.1 }, { logprob: 0 }] }), 'ok'],
    ['chat', chat({ content: [{ logprob: -0.1 }, { logprob: null }] }), 'wrong'],
    ['chat', chat({ content: [{ token: 'a' }] }), 'wrong'],
    ['completions', completion({ token_logprobs: [null, -0.5] }), 'ok'],
    ['completions', completion({ token_logprobs: [-0.5, null] }), 'wrong'],
    ['completions', completion({ token_logprobs: [-0.5, 'NaN'] }), 'wrong'],
  ];
  for (const [kind, body, reason] of table) {
    const judgement = judge(kind, answer(body));
    assert.equal(judgement.reason, reason, JSON.stringify(body));
    if (reason === 'wrong') assert.match(judgement.detail, /log-probability/);
  }
  assert.equal(JSON.parse(KINDS.chat.request(spec('chat', { logprobs: true }), 0).body ?? '').logprobs, true);
  assert.equal(judge('chat', answer({ choices: [{ message: { content: '!!!! !!!!' } }] })).reason, 'wrong');
});

test('the default texts differ in length', () => {
  const lengths = EMBEDDINGS_DEFAULTS.texts.map((text) => text.length);
  assert.ok(Math.max(...lengths) > 30 * Math.min(...lengths), String(lengths));
});

test('requests carry what was set and nothing else', () => {
  const bare = KINDS.embeddings.request(spec('embeddings', { texts: ['x', 'y'] }), 0);
  assert.deepEqual(JSON.parse(bare.body ?? ''), { input: ['x', 'y', 'x'] });
  const options = { texts: ['x', 'y'], taskName: 'STS12', dimensions: 8, vectorLength: 9 };
  const full = KINDS.embeddings.request({ ...spec('embeddings', options), model: 'm' }, 0);
  assert.deepEqual(JSON.parse(full.body ?? ''), {
    input: ['x', 'y', 'x'],
    model: 'm',
    task_name: 'STS12',
    dimensions: 8,
  });
  const chat = KINDS.chat.request(spec('chat', { prompts: ['p', 'q'], maxTokens: 2 }), 3);
  assert.deepEqual(JSON.parse(chat.body ?? ''), {
    messages: [{ role: 'user', content: 'q' }],
    max_tokens: 2,
    temperature: 0,
    stream: false,
  });
});

test('chat and completions: a text that a working model may have written', () => {
  const table: [unknown, ProbeReason, RegExp, string?][] = [
    ['Hello.', 'ok', /^$/],
    ['The HELLO of', 'ok', /^$/, 'hello'],
    ['Goodbye', 'wrong', /does not contain "hello"/, 'hello'],
    ['!!!!!!!!', 'wrong', /broken logits/],
    [' GGGG ', 'wrong', /broken logits/],
    ['\u{1f600}\u{1f600}\u{1f600}\u{1f600}', 'wrong', /broken logits/],
    ['!!!', 'ok', /^$/],
    ['  \n', 'wrong', /empty/],
    [null, 'wrong', /empty|no `text`/],
    [7, 'wrong', /empty|no `text`/],
  ];
  for (const [text, reason, detail, expect = null] of table) {
    for (const [kind, choice] of [
      ['chat', { message: { content: text } }],
      ['completions', { text }],
    ] as const) {
      const judgement = judge(kind, answer({ choices: [choice] }), { expect });
      assert.equal(judgement.reason, reason, `${kind} ${text}: ${judgement.detail}`);
      assert.match(judgement.detail, detail);
    }
  }
  const thinking = { choices: [{ message: { content: null, reasoning_content: 'Okay, the user' } }] };
  assert.equal(judge('chat', answer(thinking)).reason, 'ok');
  for (const body of [{}, { choices: [] }, { choices: [null] }, { choices: [{}] }, { error: 'x' }]) {
    assert.equal(judge('chat', answer(body)).reason, 'wrong', JSON.stringify(body));
    assert.equal(judge('completions', answer(body)).reason, 'wrong', JSON.stringify(body));
  }
});

test('http: assertions on text and JSON', () => {
  const body = { ok: true, data: [{ id: 3, tags: ['a'] }], 'x-y': null };
  const table: [{ [key: string]: unknown }, ProbeReason, RegExp][] = [
    [{}, 'ok', /^$/],
    [{ contains: '"ok":true' }, 'ok', /^$/],
    [{ contains: 'nope' }, 'wrong', /does not contain "nope"/],
    [{ json: { ok: true, 'data[0].id': 3, 'data[0].tags': ['a'], 'x-y': null } }, 'ok', /^$/],
    [{ json: { 'data[0].id': '3' } }, 'wrong', /`data\[0\].id` is 3, expected "3"/],
    [{ json: { 'data[1].id': 3 } }, 'wrong', /is missing/],
    [{ json: { 'data.constructor': 1 } }, 'wrong', /is missing/],
  ];
  for (const [options, reason, detail] of table) {
    const judgement = judge('http', answer(body, 'text/plain'), options);
    assert.equal(judgement.reason, reason, JSON.stringify(options));
    assert.match(judgement.detail, detail);
  }
  assert.equal(judge('http', answer('<p>', 'text/html'), { json: { a: 1 } }).reason, 'wrong');
  assert.equal(at({ a: [[1, 2]] }, 'a[0][1]'), 2);
  fc.assert(fc.property(fc.jsonValue(), (value) => sameJson(value, JSON.parse(JSON.stringify(value)))));
});

test('every kind is in the table under its own name, and no other name is', () => {
  for (const [name, kind] of Object.entries(KINDS)) assert.equal(kind.name, name);
  assert.equal(kindNamed('constructor'), null);
});

test('no body makes a judge throw, and every detail is one safe line', () => {
  const vectorish = fc.oneof(fc.double(), fc.constant(null), fc.string(), fc.integer());
  const dataish = fc.record(
    { index: fc.oneof(fc.nat(4), fc.jsonValue()), embedding: fc.oneof(fc.array(vectorish), fc.jsonValue()) },
    { requiredKeys: [] },
  );
  const shaped = fc.record(
    {
      data: fc.oneof(fc.array(dataish, { minLength: 2, maxLength: 4 }), fc.jsonValue()),
      choices: fc.oneof(
        fc.array(
          fc.oneof(
            fc.record({ message: fc.jsonValue(), text: fc.jsonValue(), logprobs: fc.jsonValue() }),
            fc.jsonValue(),
          ),
        ),
        fc.jsonValue(),
      ),
      error: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.jsonValue().map((v) => JSON.stringify(v)),
    shaped.map((v) => JSON.stringify(v)),
  );
  const kinds = fc.constantFrom(...(Object.keys(KINDS) as KindName[]));
  fc.assert(
    fc.property(
      kinds,
      body,
      fc.constantFrom('', 'application/json', 'text/html'),
      fc.integer(),
      (kind, text, contentType, attempt) => {
        const options = { json: { 'data[0]': 1 }, expect: 'x' };
        const judgement = KINDS[kind].judge(answer(text, contentType), spec(kind, options), {
          attempt,
          golden: createGoldenStore(),
        });
        assert.ok(['ok', 'wrong', 'reset', 'misconfigured'].includes(judgement.reason));
        assert.equal(judgement.reason === 'ok', judgement.detail === '');
        assert.doesNotMatch(judgement.detail, /\p{Cc}/u);
        assert.ok(judgement.detail.length < 400);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('nesting of any depth is judged, too', () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  assert.equal(judge('embeddings', answer(`{"error":${deep}}`)).reason, 'wrong');
  assert.equal(judge('http', answer(`{"a":${deep}}`), { json: { a: 1 } }).reason, 'wrong');
  assert.equal(excerpt('a\u001b[31m\nb\u0000'), 'a [31m b');
});
