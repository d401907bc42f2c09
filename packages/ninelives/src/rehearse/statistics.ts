/** NaN where a vector is zero. */
export function cosine(a: readonly number[], b: readonly number[]): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let at = 0; at < a.length; at += 1) {
    const x = a[at] as number;
    const y = b[at] as number;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
}

/** Spearman's rank correlation: Pearson's, of the ranks; equal values share the mean of their ranks. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  return pearson(ranks(a), ranks(b));
}

function pearson(a: readonly number[], b: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  let ab = 0;
  let aa = 0;
  let bb = 0;
  for (let at = 0; at < a.length; at += 1) {
    const x = (a[at] as number) - ma;
    const y = (b[at] as number) - mb;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_value, at) => at).sort((a, b) => (values[a] as number) - (values[b] as number));
  const result = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1] as number] === values[order[from] as number])
      to += 1;
    for (let at = from; at <= to; at += 1) result[order[at] as number] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return result;
}

/** The value below which a share of them lies (nearest rank); null of none. */
export function percentile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/** Beyond this a difference between scores is nobody's business. */
const DIGITS_MAX = 4;

/** To how many digits after the point do these agree, within half of the last one? -1: not even to whole points. */
export function sharedDigits(scores: readonly number[]): number {
  const spread = Math.max(...scores) - Math.min(...scores);
  for (let digits = DIGITS_MAX; digits >= 0; digits -= 1) if (spread < 0.5 * 10 ** -digits) return digits;
  return -1;
}
