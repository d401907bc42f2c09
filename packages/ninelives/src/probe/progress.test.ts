import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createProgressReader, readCounter, sumCounter } from './progress.js';
import { SERVER_NAMES, type ServerName } from './servers.js';

const TEXT = `# HELP done_total Texts, done_total 99
# TYPE done_total counter
done_total{kind="a} 5",note="say \\"hi\\""} 3 1700000000000
done_total{kind="b"} 4e0
done_total_created 1.7e9
other{} 1
bare 7
broken 1
broken{x="y"} NaN
huge +Inf
`;

test('a counter is the sum over its labels', () => {
  const table: [string, number | null][] = [
    ['done_total', 7],
    ['done_total_created', 1.7e9],
    ['other', 1],
    ['bare', 7],
    ['done', null],
    ['broken', null],
    ['huge', null],
    ['kind', null],
  ];
  for (const [counter, sum] of table) assert.equal(sumCounter(TEXT, counter), sum, counter);
  assert.equal(sumCounter(TEXT.replaceAll('\n', '\r\n'), 'done_total'), 7);
  assert.equal(sumCounter('', 'x'), null);
});

/** As each server prints it, shortened; a second text is after some work. */
const SERVERS: [name: ServerName, before: string, after: string][] = [
  ['ninelives', 'ninelives_embedder_inputs_completed_total 3', 'ninelives_embedder_inputs_completed_total 4'],
  [
    'vllm',
    'vllm:num_requests_running{engine="0"} 1.0\nvllm:request_success_total{engine="0",finished_reason="stop"} 2.0\nvllm:generation_tokens_total{engine="0"} 10.0',
    'vllm:num_requests_running{engine="0"} 0.0\nvllm:request_success_total{engine="0",finished_reason="stop"} 2.0\nvllm:generation_tokens_total{engine="0"} 11.0',
  ],
  [
    'sglang',
    'sglang:prompt_tokens_total{model_name="m"} 1.28e+06',
    'sglang:prompt_tokens_total{model_name="m"} 1.29e+06',
  ],
  [
    'llamacpp',
    'llamacpp:n_decode_total 125\nllamacpp:requests_processing 1',
    'llamacpp:n_decode_total 126\nllamacpp:requests_processing 1',
  ],
  [
    'tei',
    'te_request_count{method="single"} 9\nte_embed_success 1',
    'te_request_count{method="single"} 9\nte_embed_success 2',
  ],
  [
    'infinity',
    'http_requests_total{handler="/health",method="GET",status="2xx"} 5\nhttp_requests_total{handler="/embeddings",method="POST",status="2xx"} 7',
    'http_requests_total{handler="/health",method="GET",status="2xx"} 5\nhttp_requests_total{handler="/embeddings",method="POST",status="2xx"} 8',
  ],
];

test('each server’s own counters are found by its name and by themselves, and only work moves them', async () => {
  let text = '';
  const fetch = async () => new Response(text);
  const read = (server: ServerName | 'any') =>
    readCounter({ url: 'http://x/metrics', server, fetch, signal: new AbortController().signal });
  assert.deepEqual(
    SERVERS.map(([name]) => name),
    SERVER_NAMES,
  );
  for (const [name, before, after] of SERVERS) {
    text = before;
    const [first, guessed] = [await read(name), await read('any')];
    assert.equal(typeof first, 'number', name);
    assert.equal(guessed, first, name);
    text = `${after}\npython_gc_objects_collected_total 5`;
    assert.ok((await read('any')) > first, name);
  }
  text =
    'http_requests_total{handler="/health",status="2xx"} 5\nhttp_requests_total{handler="/embeddings",status="5xx"} 7';
  assert.deepEqual(await read('any'), {
    unknown: 'http://x/metrics has no counter of a known server',
    never: true,
  });
});

test('what is only guessed to be there is asked for seldom', async () => {
  let nowMs = 0;
  let asked = 0;
  const fetch = async () => {
    asked += 1;
    return new Response('', { status: 404 });
  };
  const world = { fetch, nowMs: () => nowMs, limitMs: 1_000 };
  const read = createProgressReader({ url: 'http://x/metrics', server: 'any' }, world);
  for (; nowMs < 3_600_000; nowMs += 1_000) await read();
  assert.ok(asked <= 7, `${asked} questions in an hour`);
  const named = createProgressReader({ url: 'http://x/metrics', server: 'vllm' }, world);
  asked = 0;
  for (let second = 0; second < 10; second++) await named();
  assert.equal(asked, 10, 'what was named is asked for');
});

test('no text is read as a number that is none', () => {
  const part = fc.constantFrom('done', '{', '}', '"', '\\', ' ', '\n', '1', '=', ',', 'NaN', 'a');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
      const sum = sumCounter(parts.join(''), 'done');
      return sum === null || Number.isFinite(sum);
    }),
    { numRuns: 1_000 },
  );
});

test('a line built to make a regular expression sweat is read in linear time', () => {
  assert.equal(sumCounter(`done{${'a="b",'.repeat(200_000)}`, 'done'), null);
  assert.equal(sumCounter(`done{${'"\\"'.repeat(200_000)}} 1`, 'done'), null);
});
