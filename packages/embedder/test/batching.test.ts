import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBatcher } from '../src/batch/batcher.js';
import { selectBatch } from '../src/batch/select.js';
import { startService } from './support/service.js';
import { cosine } from './support/vectors.js';

test('a selected batch holds the oldest text, keeps every limit and never takes a text twice', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 512 }), { minLength: 1, maxLength: 200 });
  const limits = fc.record({
    maxTokens: fc.integer({ min: 1, max: 4096 }),
    maxTexts: fc.integer({ min: 1, max: 64 }),
    maxPadding: fc.integer({ min: 0, max: 64 }),
  });
  fc.assert(
    fc.property(lengths, limits, (queue, limit) => {
      const batch = selectBatch(queue, limit);
      assert.ok(batch.includes(0));
      assert.equal(new Set(batch).size, batch.length);
      assert.ok(batch.length <= limit.maxTexts);
      const widths = batch.map((at) => queue[at] ?? 0);
      const padded = batch.length * Math.max(...widths);
      assert.ok(batch.length === 1 || padded <= limit.maxTokens);
      const padding = padded - widths.reduce((sum, width) => sum + width, 0);
      assert.ok(padding <= limit.maxPadding * (batch.length - 1));
    }),
  );
});

/** Stands in for the model: the "vector" of a text is its first token, so that a mix-up shows. */
function echoBatcher(maxQueued: number) {
  const batches: number[] = [];
  const gates: (() => void)[] = [];
  const batcher = createBatcher({
    maxTokens: 64,
    maxTexts: 4,
    maxPadding: 4,
    maxQueued,
    maxWaitMs: 0,
    observer: { batchDone: ({ texts }) => batches.push(texts) },
    run: async (ids, lengths) => {
      await new Promise<void>((go) => gates.push(go));
      let at = 0;
      const firsts = Array.from(lengths, (length) => {
        const first = ids[at] ?? 0;
        at += length;
        return first;
      });
      return { vectors: Float32Array.from(firsts), inferenceMs: 1 };
    },
  });
  const openGates = setInterval(() => gates.splice(0).forEach((go) => void go()), 1);
  return { batcher, batches, close: () => clearInterval(openGates) };
}

test('every request gets its own vectors in its own order, whatever the mix', async () => {
  const { batcher, batches, close } = echoBatcher(1000);
  let token = 1;
  const requests = Array.from({ length: 40 }, (_, at) =>
    Array.from({ length: 1 + (at % 5) }, (_, text) => {
      const ids = new Int32Array(1 + ((at * 7 + text * 3) % 20));
      ids[0] = token++;
      return ids;
    }),
  );
  const answers = await Promise.all(
    requests.map((texts) => batcher.submit(texts, new AbortController().signal)),
  );
  answers.forEach((answer, at) => {
    assert.deepEqual(
      [...(answer?.vectors ?? [])],
      requests[at]?.map((ids) => ids[0]),
    );
  });
  assert.ok(batches.length < token - 1, 'some texts shared a run');
  assert.deepEqual(batcher.depth(), { queued: 0, running: 0 });
  close();
});

test('requests take turns: one text does not wait for a hundred', async () => {
  const { batcher, close } = echoBatcher(1000);
  const order: string[] = [];
  const many = Array.from({ length: 100 }, () => Int32Array.of(1, 2));
  const never = new AbortController().signal;
  const bulk = batcher.submit(many, never)?.then(() => order.push('bulk'));
  const probe = batcher.submit([Int32Array.of(1, 2)], never)?.then(() => order.push('probe'));
  await Promise.all([bulk, probe]);
  assert.deepEqual(order, ['probe', 'bulk']);
  close();
});

test('a full queue refuses the whole request, and an aborted one leaves the queue', async () => {
  const { batcher, close } = echoBatcher(3);
  const text = Int32Array.of(1, 2);
  const leaving = new AbortController();
  const first = batcher.submit([text, text], leaving.signal);
  assert.equal(batcher.submit([text, text], leaving.signal), undefined);
  leaving.abort(new Error('gone'));
  await assert.rejects(first ?? Promise.resolve(), /gone/);
  assert.equal(batcher.depth().queued, 0);
  assert.equal((await batcher.submit([text, text, text], new AbortController().signal))?.vectors.length, 3);
  close();
});

test('batched vectors are those of single texts', async () => {
  const service = await startService();
  try {
    const embed = async (input: unknown): Promise<number[][]> => {
      const answer = (await (await service.embed({ input })).json()) as { data: { embedding: number[] }[] };
      return answer.data.map(({ embedding }) => embedding);
    };
    const texts = Array.from({ length: 24 }, (_, at) => `text ${at} ${'says a little more '.repeat(at % 6)}`);
    const single: number[][] = [];
    for (const text of texts) single.push(...(await embed(text)));
    const together = await embed(texts);
    const concurrent = (await Promise.all(texts.map((text) => embed(text)))).flat();
    texts.forEach((text, at) => {
      assert.ok(cosine(single[at] ?? [], together[at] ?? []) > 0.9999, text);
      assert.ok(cosine(single[at] ?? [], concurrent[at] ?? []) > 0.9999, text);
    });
    const batches = await service.metric('ninelives_embedder_batch_inputs_count');
    assert.equal(await service.metric('ninelives_embedder_inputs_completed_total'), 72);
    assert.ok(batches < 72, 'texts shared runs of the model');
  } finally {
    await service.end();
  }
});

test('any text at all is either embedded or refused with a 400', async () => {
  const service = await startService();
  try {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 5 }), async (input) => {
        const response = await service.embed({ input });
        const body = (await response.json()) as {
          data?: { embedding: number[] }[];
          error?: { type: string };
        };
        if (response.status === 400) return assert.equal(body.error?.type, 'invalid_request_error');
        assert.equal(response.status, 200);
        assert.ok(
          body.data?.every(({ embedding }) => embedding.length === 384 && embedding.every(Number.isFinite)),
        );
      }),
      { numRuns: 60 },
    );
  } finally {
    await service.end();
  }
});
