import type { Pooling } from './protocol.js';

/**
 * Token vectors to unit text vectors. `hidden` is row-major [texts x width x dimensions], of which
 * text b uses its first `lengths[b]` rows; the rest is padding. Returns [texts x dimensions].
 */
export function poolAndNormalize(
  hidden: Float32Array,
  lengths: Int32Array,
  width: number,
  dimensions: number,
  pooling: Pooling,
): Float32Array {
  const vectors = new Float32Array(lengths.length * dimensions);
  for (let text = 0; text < lengths.length; text += 1) {
    const length = lengths[text] ?? 0;
    const first = pooling === 'last_token' ? length - 1 : 0;
    const last = pooling === 'cls' ? 0 : length - 1;
    const row = vectors.subarray(text * dimensions, (text + 1) * dimensions);
    for (let token = first; token <= last; token += 1) {
      const offset = (text * width + token) * dimensions;
      for (let d = 0; d < dimensions; d += 1) row[d] = (row[d] ?? 0) + (hidden[offset + d] ?? 0);
    }
    normalizeInPlace(row);
  }
  return vectors;
}

/** Scales to unit length. The mean's division cancels out here, which is why pooling only sums. */
export function normalizeInPlace(row: Float32Array): void {
  let sum = 0;
  for (const x of row) sum += x * x;
  const scale = sum > 0 ? 1 / Math.sqrt(sum) : 0;
  for (let d = 0; d < row.length; d += 1) row[d] = (row[d] ?? 0) * scale;
}
