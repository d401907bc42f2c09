const DIMENSIONS = 32;

/** The right answer for a text: a unit vector that depends on nothing else, the same in every process. */
export function vectorOf(text: string): number[] {
  const next = generator(hashOf(text));
  return unit(Array.from({ length: DIMENSIONS }, () => next() - 0.5));
}

/** The answer of another model: as sane, and far from the right one. */
export function otherModelsVectorOf(text: string): number[] {
  return vectorOf(`another model: ${text}`);
}

/** Turned away from the right answer by `share` of a right angle: 0 is right, 1 has cosine 0 to it. */
export function turned(text: string, share: number): number[] {
  const angle = (Math.min(1, share) * Math.PI) / 2;
  const away = otherModelsVectorOf(text);
  return unit(vectorOf(text).map((value, i) => value * Math.cos(angle) + (away[i] ?? 0) * Math.sin(angle)));
}

function unit(vector: number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** FNV-1a, 32 bit. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Mulberry32: numbers in [0, 1) from a seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
