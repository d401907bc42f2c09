/** What one run of the model may hold. A padded token costs the model as much as a real one. */
export interface BatchLimits {
  /** Texts times the longest text's tokens. */
  readonly maxTokens: number;
  readonly maxTexts: number;
  /** Tokens of padding that one more text may bring into a batch. */
  readonly maxPadding: number;
}

/** How many of the oldest are looked at, as a multiple of the largest batch: bounds the sort. */
const WINDOW_BATCHES = 4;

/**
 * Picks the next batch out of a queue of token counts, oldest first; returns queue positions, by
 * length. The oldest is always in it, so that no length can starve. Others join while they cost
 * less padding than a run of their own would cost overhead: on a CPU that is a few tokens, and padding
 * without that bound made batches three times slower than single texts.
 */
export function selectBatch(lengths: readonly number[], limits: BatchLimits): number[] {
  const window = lengths.slice(0, limits.maxTexts * WINDOW_BATCHES);
  if (window.length === 0) return [];
  const order = window
    .map((length, at) => ({ length, at }))
    .sort((a, b) => a.length - b.length || a.at - b.at);
  let from = order.findIndex(({ at }) => at === 0);
  let to = from;
  for (let texts = 1; texts < limits.maxTexts; texts += 1) {
    const widest = order[to]?.length ?? 0;
    const shorter = order[from - 1]?.length;
    const longer = order[to + 1]?.length;
    const shorterPadding = shorter === undefined ? Number.POSITIVE_INFINITY : widest - shorter;
    const longerPadding = longer === undefined ? Number.POSITIVE_INFINITY : (longer - widest) * texts;
    const takeLonger = longerPadding <= shorterPadding;
    const width = takeLonger ? (longer ?? widest) : widest;
    if (Math.min(longerPadding, shorterPadding) > limits.maxPadding) break;
    if ((texts + 1) * width > limits.maxTokens) break;
    if (takeLonger) to += 1;
    else from -= 1;
  }
  return order.slice(from, to + 1).map(({ at }) => at);
}
