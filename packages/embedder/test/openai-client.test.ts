import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI from 'openai';
import { type Service, startService } from './support/service.js';
import { cosine, norm } from './support/vectors.js';

let service: Service;
let client: OpenAI;
const MODEL = 'sentence-transformers/all-MiniLM-L6-v2';

before(async () => {
  service = await startService();
  client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
after(() => service.end());

const vectorOf = (answer: OpenAI.CreateEmbeddingResponse, at = 0): number[] =>
  answer.data[at]?.embedding ?? [];

test('the official client works unchanged, base64 by its default and float', async () => {
  const input = ['The server stopped answering.', 'It no longer replies.', 'A cat sleeps.'];
  const packed = await client.embeddings.create({ model: MODEL, input });
  const plain = await client.embeddings.create({
    model: MODEL,
    input,
    encoding_format: 'float',
    user: 'somebody',
  });
  assert.equal(packed.object, 'list');
  assert.equal(packed.model, MODEL);
  assert.deepEqual(
    packed.data.map(({ object, index }) => [object, index]),
    [
      ['embedding', 0],
      ['embedding', 1],
      ['embedding', 2],
    ],
  );
  for (const [at] of input.entries()) {
    assert.equal(vectorOf(packed, at).length, 384);
    assert.ok(Math.abs(norm(vectorOf(packed, at)) - 1) < 1e-5);
    assert.ok(cosine(vectorOf(packed, at), vectorOf(plain, at)) > 0.99999);
  }
  assert.ok(
    cosine(vectorOf(packed, 0), vectorOf(packed, 1)) > cosine(vectorOf(packed, 0), vectorOf(packed, 2)) + 0.2,
  );
  assert.equal(packed.usage.prompt_tokens, packed.usage.total_tokens);
  assert.equal(packed.usage.prompt_tokens, 7 + 7 + 6);
});

test('the models list names the model, and its aliases are served', async () => {
  const models = await client.models.list();
  assert.deepEqual(
    models.data.map(({ id, object }) => [id, object]),
    [[MODEL, 'model']],
  );
  assert.deepEqual(await client.models.retrieve(MODEL), models.data[0]);
  await assert.rejects(client.models.retrieve('another'), OpenAI.NotFoundError);
  for (const model of ['all-MiniLM-L6-v2', 'ALL-MINILM-L6-V2', 'Xenova/all-MiniLM-L6-v2']) {
    assert.equal((await client.embeddings.create({ model, input: 'x' })).model, MODEL);
  }
});

test('fewer dimensions are the first ones, at unit length again', async () => {
  const whole = vectorOf(await client.embeddings.create({ model: MODEL, input: 'some text' }));
  const cut = vectorOf(await client.embeddings.create({ model: MODEL, input: 'some text', dimensions: 100 }));
  assert.equal(cut.length, 100);
  assert.ok(Math.abs(norm(cut) - 1) < 1e-5);
  assert.ok(cosine(cut, whole.slice(0, 100)) > 0.99999);
});

test('tokens mean the same as the text they came from, with or without the special ones', async () => {
  const text = vectorOf(await client.embeddings.create({ model: MODEL, input: 'hello world' }));
  const bare = await client.embeddings.create({ model: MODEL, input: [7592, 2088] });
  const wrapped = await client.embeddings.create({ model: MODEL, input: [[101, 7592, 2088, 102], [7592]] });
  assert.ok(cosine(text, vectorOf(bare)) > 0.9999);
  assert.ok(cosine(text, vectorOf(wrapped)) > 0.9999);
  assert.equal(bare.usage.prompt_tokens, 4);
  assert.equal(wrapped.data.length, 2);
});

test('a refused request is the client library’s own error class, with message, param and code', async () => {
  await assert.rejects(client.embeddings.create({ model: 'text-embedding-9', input: 'x' }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.status, 400);
    assert.equal(error.code, 'model_not_found');
    assert.equal(error.param, 'model');
    assert.match(error.message, /text-embedding-9.*all-MiniLM-L6-v2/);
    return true;
  });
});

test('the probe of the original account is answered', async () => {
  const response = await service.embed('{"input":["liveness probe"],"task_name":"STS12"}');
  assert.equal(response.status, 200);
  const answer = (await response.json()) as OpenAI.CreateEmbeddingResponse;
  assert.ok(vectorOf(answer).every(Number.isFinite));
});
