/** The angle's cosine of two vectors of equal length. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let at = 0; at < a.length; at += 1) {
    const x = a[at] ?? 0;
    const y = b[at] ?? 0;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return dot / Math.sqrt(aa * bb);
}

export function norm(a: ArrayLike<number>): number {
  return Math.sqrt(Array.from(a).reduce((sum, x) => sum + x * x, 0));
}

/** Spearman's rank correlation; ties get the mean of their ranks. */
export function spearman(a: readonly number[], b: readonly number[]): number {
  const ra = ranks(a);
  const rb = ranks(b);
  const mean = (a.length - 1) / 2;
  return cosine(
    ra.map((rank) => rank - mean),
    rb.map((rank) => rank - mean),
  );
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((value, at) => ({ value, at })).sort((x, y) => x.value - y.value);
  const result = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (order[to + 1]?.value === order[from]?.value && to + 1 < order.length) to += 1;
    for (let at = from; at <= to; at += 1) result[order[at]?.at ?? 0] = (from + to) / 2;
    from = to + 1;
  }
  return result;
}
