import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { eventually, type Service, startService } from './support/service.js';

let service: Service;
const dir = mkdtempSync(path.join(tmpdir(), 'embedder-errors-'));

before(async () => {
  const config = path.join(dir, 'small.yaml');
  writeFileSync(
    config,
    `limits: {max_inputs: 4, max_tokens_per_input: 16, max_chars_per_input: 200, max_body_bytes: 2048, max_queue: 4}
prompts: {with-prefix: "one two three four five six seven "}
model_aliases: [my-alias]\n`,
  );
  service = await startService({ args: ['--config', config] });
});
after(async () => {
  await service.end();
  rmSync(dir, { recursive: true });
});

interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

async function refusal(response: Response): Promise<ErrorBody['error'] & { status: number }> {
  const { error } = (await response.json()) as ErrorBody;
  assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type']);
  return { ...error, status: response.status };
}

const cases: [name: string, body: unknown, code: string, message: RegExp][] = [
  ['bad JSON', '{"input": ', 'invalid_json', /not valid JSON/],
  ['not an object', '["x"]', 'null', /must be a JSON object/],
  ['no input', { model: 'my-alias' }, 'missing_input', /'input' is required/],
  ['input of a wrong type', { input: { a: 1 } }, 'invalid_type', /'input' is an object/],
  ['mixed input', { input: ['a', 1] }, 'invalid_type', /'input\[1\]' is the number 1/],
  ['a nested string', { input: [[1], 'a'] }, 'invalid_type', /'input\[1\]' is a string/],
  ['empty string', { input: '' }, 'empty_input', /must not be an empty string/],
  ['one empty string of two', { input: ['a', ''] }, 'empty_input', /'input\[1\]'/],
  ['empty array', { input: [] }, 'empty_input', /must not be an empty array/],
  ['empty tokens', { input: [[]] }, 'empty_input', /'input\[0\]'/],
  ['tokens beyond the vocabulary', { input: [30522] }, 'invalid_token', /0 to 30521/],
  ['a fraction of a token', { input: [1.5] }, 'invalid_type', /the number 1.5/],
  ['too many inputs', { input: ['a', 'b', 'c', 'd', 'e'] }, 'too_many_inputs', /5 elements.*at most 4/],
  [
    'too many tokens',
    { input: 'a '.repeat(20) },
    'context_length_exceeded',
    /22 tokens.*at most 16.*never cuts/,
  ],
  ['too many characters', { input: 'a'.repeat(201) }, 'text_too_long', /201 characters.*at most 200/],
  ['unknown model', { input: 'a', model: 'gpt-9' }, 'model_not_found', /'gpt-9' is not served/],
  ['model of a wrong type', { input: 'a', model: 7 }, 'invalid_type', /'model' must be a string/],
  ['unknown encoding', { input: 'a', encoding_format: 'hex' }, 'null', /'float' or 'base64'/],
  ['too many dimensions', { input: 'a', dimensions: 385 }, 'invalid_dimensions', /vectors have 384/],
  ['no dimensions', { input: 'a', dimensions: 0 }, 'invalid_type', /at least 1/],
  ['user of a wrong type', { input: 'a', user: {} }, 'invalid_type', /'user' must be a string/],
  ['task of a wrong type', { input: 'a', task_name: [] }, 'invalid_type', /'task_name' must be a string/],
  ['prototype names are no fields', '{"__proto__": {"input": "a"}}', 'missing_input', /'input' is required/],
];

for (const [name, body, code, message] of cases) {
  test(`400: ${name}`, async () => {
    const error = await refusal(await service.embed(body));
    assert.equal(error.status, 400);
    assert.equal(error.type, 'invalid_request_error');
    assert.equal(String(error.code), code);
    assert.match(error.message, message);
  });
}

test('413, 415, 404 and 405 are OpenAI error objects too', async () => {
  const large = await refusal(await service.embed({ input: 'a', user: 'u'.repeat(4000) }));
  assert.deepEqual([large.status, large.code], [413, 'body_too_large']);
  const form = await fetch(`${service.url}/v1/embeddings`, {
    method: 'POST',
    body: new URLSearchParams({ input: 'a' }),
  });
  assert.equal((await refusal(form)).status, 415);
  assert.equal((await refusal(await service.get('/v2/nothing'))).status, 404);
  assert.equal((await refusal(await service.get('/constructor'))).status, 404);
  const wrongMethod = await service.get('/v1/embeddings');
  assert.equal(wrongMethod.headers.get('allow'), 'POST');
  assert.equal((await refusal(wrongMethod)).status, 405);
  const head = await fetch(`${service.url}/health`, { method: 'HEAD' });
  assert.equal(head.status, 200);
});

test('what is not HTTP gets a 400 and a closed connection', async () => {
  const socket = connect(service.port, '127.0.0.1');
  socket.write('HELO there\r\n\r\n');
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  assert.match(answer, /^HTTP\/1.1 400 .*"invalid_request_error"/s);
});

test('an alias from the config is served, and a prompt counts towards tokens', async () => {
  const plain = (await (await service.embed({ input: 'a', model: 'my-alias' })).json()) as UsageBody;
  const prefixed = (await (
    await service.embed({ input: 'a', task_name: 'with-prefix' })
  ).json()) as UsageBody;
  const unknown = (await (await service.embed({ input: 'a', task_name: 'toString' })).json()) as UsageBody;
  assert.deepEqual(
    [3, 10, 3],
    [plain, prefixed, unknown].map((answer) => answer.usage.prompt_tokens),
  );
});
interface UsageBody {
  usage: { prompt_tokens: number };
}

test('a full queue is a 429, others are answered once the engine goes on, and a client that leaves makes room', async () => {
  service.signalEngine('SIGSTOP');
  try {
    const admitted = Array.from({ length: 4 }, () => service.embed({ input: 'waits' }));
    await eventually('four texts wait', async () => {
      const depth = await service.metric('ninelives_embedder_queue_depth');
      return depth + (await service.metric('ninelives_embedder_inputs_running')) === 4;
    });
    const refused = await service.embed({ input: 'one too many' });
    assert.equal(refused.headers.get('retry-after'), '1');
    const error = await refusal(refused);
    assert.deepEqual([error.status, error.type, error.code], [429, 'rate_limit_error', 'queue_full']);
    service.signalEngine('SIGCONT');
    assert.deepEqual(
      (await Promise.all(admitted)).map((response) => response.status),
      [200, 200, 200, 200],
    );
    service.signalEngine('SIGSTOP');
    await leaveWhileWaiting();
  } finally {
    service.signalEngine('SIGCONT');
  }
  assert.equal((await service.embed({ input: 'all is well' })).status, 200);
});

async function leaveWhileWaiting(): Promise<void> {
  const inEngine = service.embed({ input: 'sent to the frozen engine' });
  await eventually(
    'the first is in the engine',
    async () => (await service.metric('ninelives_embedder_inputs_running')) === 1,
  );
  const leaving = new AbortController();
  const gone = fetch(`${service.url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ input: ['a', 'b', 'c'] }),
    signal: leaving.signal,
  });
  await eventually(
    'three more wait',
    async () => (await service.metric('ninelives_embedder_queue_depth')) === 3,
  );
  leaving.abort();
  await assert.rejects(gone);
  await eventually(
    'they are dropped',
    async () => (await service.metric('ninelives_embedder_queue_depth')) === 0,
  );
  service.signalEngine('SIGCONT');
  assert.equal((await inEngine).status, 200);
}
