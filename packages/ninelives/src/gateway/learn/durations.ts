/** What one kind of request (a route, and bodies of about one size) has taken so far. Times in ms. */
export interface Learnt {
  route: string;
  /** Bodies up to this many bytes, and more than half of it. */
  sizeBytes: number;
  count: number;
  /** Moving average over about the last ten. */
  meanMs: number;
  /** The best, forgotten slowly: what it takes when nothing stands in the way. */
  bestMs: number;
  /** The longest, forgotten slowly. */
  longestMs: number;
}

/** By route and size. Bounded: routes are a closed set, sizes are powers of two. */
export type Durations = Map<string, Learnt>;

const NEWEST = 0.1;
const FORGET = 0.01;

function bucketOf(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(bytes, 256)));
}

export function learn(durations: Durations, route: string, bytes: number, tookMs: number): Learnt {
  const sizeBytes = bucketOf(bytes);
  const key = `${route} ${sizeBytes}`;
  const known = durations.get(key);
  if (!known) {
    const first = { route, sizeBytes, count: 1, meanMs: tookMs, bestMs: tookMs, longestMs: tookMs };
    durations.set(key, first);
    return first;
  }
  known.count += 1;
  known.meanMs += NEWEST * (tookMs - known.meanMs);
  known.bestMs = Math.min(tookMs, known.bestMs + FORGET * (known.meanMs - known.bestMs));
  known.longestMs = Math.max(tookMs, known.longestMs - FORGET * (known.longestMs - known.meanMs));
  return known;
}

/**
 * What to expect of a request. For a size never seen it is scaled up from the largest known that is smaller, since
 * work grows with the input; null when nothing at all is known of the route.
 */
export function expect(durations: Durations, route: string, bytes: number): Learnt | null {
  const sizeBytes = bucketOf(bytes);
  const known = durations.get(`${route} ${sizeBytes}`);
  if (known) return known;
  let nearest: Learnt | null = null;
  for (const learnt of durations.values()) {
    if (learnt.route !== route) continue;
    const closer = nearest === null || distance(learnt.sizeBytes) < distance(nearest.sizeBytes);
    if (closer) nearest = learnt;
  }
  if (nearest === null) return null;
  const scale = Math.max(1, sizeBytes / nearest.sizeBytes);
  const { meanMs, bestMs, longestMs } = nearest;
  return {
    ...nearest,
    sizeBytes,
    meanMs: meanMs * scale,
    bestMs: bestMs * scale,
    longestMs: longestMs * scale,
  };

  function distance(other: number): number {
    return Math.abs(Math.log2(other / sizeBytes));
  }
}
