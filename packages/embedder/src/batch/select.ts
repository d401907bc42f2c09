/** What one run of the model may hold. A padded token costs the model as much as a real one. */
export interface BatchLimits {
  /** Texts times the longest text's tokens. */
  readonly maxTokens: number;
  readonly maxTexts: number;
}

/**
 * Picks the next batch out of a queue of token counts, oldest first; returns queue positions, sorted
 * by length. The oldest is always in it, so that no length can starve; around it, texts of about the same length
 * are preferred, since padding is wasted work. Only the first `maxTexts * 4` are looked at.
 */
export function selectBatch(lengths: readonly number[], limits: BatchLimits): number[] {
  const window = Math.min(lengths.length, limits.maxTexts * 4);
  if (window === 0) return [];
  const order = Array.from({ length: window }, (_, at) => at).sort(
    (a, b) => len(lengths, a) - len(lengths, b) || a - b,
  );
  const oldest = order.indexOf(0);
  let from = oldest;
  let to = oldest;
  const oldestLength = len(lengths, 0);
  for (;;) {
    if (to - from + 1 >= limits.maxTexts) break;
    const shorter = from > 0 ? oldestLength - len(lengths, order[from - 1] ?? 0) : Number.POSITIVE_INFINITY;
    const longer =
      to + 1 < window ? len(lengths, order[to + 1] ?? 0) - oldestLength : Number.POSITIVE_INFINITY;
    const takeLonger = longer <= shorter;
    if ((takeLonger ? longer : shorter) === Number.POSITIVE_INFINITY) break;
    const widest = len(lengths, order[takeLonger ? to + 1 : to] ?? 0);
    if ((to - from + 2) * widest > limits.maxTokens) break;
    if (takeLonger) to += 1;
    else from -= 1;
  }
  return order.slice(from, to + 1);
}

function len(lengths: readonly number[], at: number): number {
  return lengths[at] ?? 0;
}
