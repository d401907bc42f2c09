/** How many elements are not finite numbers (null is what NaN becomes in JSON). */
export function notFinite(vector: readonly unknown[]): number {
  return vector.reduce<number>((count, value) => (Number.isFinite(value) ? count : count + 1), 0);
}

/** Largest magnitude: 0 for the zero vector. */
export function magnitude(vector: readonly number[]): number {
  return vector.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
}

/**
 * Cosine of two vectors of one length; NaN when either is zero. Scaled first, so that huge or tiny values
 * neither overflow nor vanish.
 */
export function cosine(a: readonly number[], b: readonly number[]): number {
  const scaleA = magnitude(a);
  const scaleB = magnitude(b);
  let dot = 0;
  let normA = 0;
  let normB = 0;
  for (let i = 0; i < a.length; i++) {
    const x = (a[i] as number) / scaleA;
    const y = (b[i] as number) / scaleB;
    dot += x * y;
    normA += x * x;
    normB += y * y;
  }
  return dot / Math.sqrt(normA * normB);
}
