export interface RateLimit {
  perMinute: number;
  /** As many at once. */
  burst: number;
}

interface Bucket {
  tokens: number;
  atMs: number;
}

const CLIENTS_MAX = 4_096;

/** A token bucket a client. `take` gives 0 when it may pass, else how long to wait, ms. */
export function createRate(limit: RateLimit): { take(client: string, atMs: number): number } {
  const buckets = new Map<string, Bucket>();
  const perMs = limit.perMinute / 60_000;
  return {
    take(client, atMs) {
      const bucket = buckets.get(client) ?? { tokens: limit.burst, atMs };
      bucket.tokens = Math.min(limit.burst, bucket.tokens + (atMs - bucket.atMs) * perMs);
      bucket.atMs = atMs;
      const waitMs = bucket.tokens >= 1 ? 0 : (1 - bucket.tokens) / perMs;
      if (waitMs === 0) bucket.tokens -= 1;
      buckets.delete(client); // so that who was here last is last
      buckets.set(client, bucket);
      const oldest = buckets.size > CLIENTS_MAX ? buckets.keys().next().value : undefined;
      if (oldest !== undefined) buckets.delete(oldest);
      return waitMs;
    },
  };
}
