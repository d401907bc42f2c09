import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Service, startService } from './support/service.js';
import { cosine, spearman } from './support/vectors.js';

let service: Service;
before(async () => {
  service = await startService();
});
after(() => service.end());

const GRADED = fileURLToPath(new URL('../../test/graded-pairs.tsv', import.meta.url));
/** Not part of this repository: the test split of STSb, beside the checkout or named by the environment. */
const STSB =
  process.env.NINELIVES_STS ??
  fileURLToPath(new URL('../../../../../shared/data/sts/stsb-test.tsv', import.meta.url));

/** Spearman's correlation x 100 of human scores and cosines that came through the API. */
async function scoreThroughApi(file: string): Promise<{ pairs: number; score: number }> {
  const rows = readFileSync(file, 'utf8').trim().split('\n').slice(1);
  const pairs = rows.map((row) => row.split('\t'));
  const texts = pairs.flatMap(([, one = '', two = '']) => [one, two]);
  const vectors: Float32Array[] = [];
  for (let at = 0; at < texts.length; at += 500) {
    const response = await service.embed({ input: texts.slice(at, at + 500), encoding_format: 'base64' });
    assert.equal(response.status, 200);
    const { data } = (await response.json()) as { data: { embedding: string }[] };
    for (const { embedding } of data) {
      const bytes = Uint8Array.from(Buffer.from(embedding, 'base64'));
      vectors.push(new Float32Array(bytes.buffer));
    }
  }
  const cosines = pairs.map((_, at) => cosine(vectors[2 * at] ?? [], vectors[2 * at + 1] ?? []));
  const grades = pairs.map(([score]) => Number(score));
  return { pairs: pairs.length, score: spearman(grades, cosines) * 100 };
}

test('agrees with our own graded pairs', async (t) => {
  const { pairs, score } = await scoreThroughApi(GRADED);
  t.diagnostic(`Spearman x 100 of ${pairs} pairs: ${score.toFixed(2)}`);
  assert.ok(score >= 85, `${score}`);
});

const skip = existsSync(STSB)
  ? false
  : 'the STSb test set is not beside this checkout (NINELIVES_STS=FILE names it)';
test('agrees with STSb-test as the model’s authors measured it', { skip }, async (t) => {
  const { pairs, score } = await scoreThroughApi(STSB);
  t.diagnostic(`Spearman x 100 of ${pairs} pairs: ${score.toFixed(2)}`);
  assert.ok(score >= 81.5, `${score}`);
});
