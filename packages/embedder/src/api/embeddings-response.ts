import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Embedded } from '../batch/batcher.js';
import { normalizeInPlace } from '../engine/pooling.js';

/** Printing 64 vectors takes about 4 ms; then other requests get their turn. */
const VECTORS_A_TURN = 64;

/** Cuts each row to its first `dimensions` values and scales it to unit length again. */
export function truncate(embedded: Embedded, dimensions: number): Embedded {
  if (dimensions === embedded.dimensions) return embedded;
  const rows = embedded.vectors.length / embedded.dimensions;
  const vectors = new Float32Array(rows * dimensions);
  for (let row = 0; row < rows; row += 1) {
    const from = row * embedded.dimensions;
    const target = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    target.set(embedded.vectors.subarray(from, from + dimensions));
    normalizeInPlace(target);
  }
  return { vectors, dimensions };
}

/** The body of a 200, in OpenAI's shape; base64 is the little-endian float32 bytes of each vector. */
export async function embeddingsBody(
  embedded: Embedded,
  options: { encoding: 'float' | 'base64'; model: string; promptTokens: number },
): Promise<string> {
  const { vectors, dimensions } = embedded;
  const rows = vectors.length / dimensions;
  const data: string[] = [];
  for (let row = 0; row < rows; row += 1) {
    if (row > 0 && row % VECTORS_A_TURN === 0 && options.encoding === 'float') await nextTurn();
    const vector = vectors.subarray(row * dimensions, (row + 1) * dimensions);
    data.push(`{"object":"embedding","index":${row},"embedding":${encode(vector, options.encoding)}}`);
  }
  const tokens = options.promptTokens;
  return `{"object":"list","data":[${data.join(',')}],"model":${JSON.stringify(options.model)},"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}}`;
}

function encode(vector: Float32Array, encoding: 'float' | 'base64'): string {
  if (encoding === 'float') return `[${vector.join(',')}]`;
  return `"${Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')}"`;
}
