import type { GradedPair } from './pairs.js';
import { cosine, spearman } from './statistics.js';

/** How an evaluation client asks. */
export interface ClientSettings {
  /** Where its API is, without `/v1`. */
  url: string;
  /** null: the server has only one. */
  model: string | null;
  apiKey: string | null;
  /** Texts in one call, and calls at once. */
  batch: number;
  concurrency: number;
  /** It gives up after this, and does not ask again. */
  timeoutMs: number;
}

export interface ClientWorld {
  fetch: typeof globalThis.fetch;
  nowMs(): number;
}

/** One call, from the client's side. */
export interface Call {
  /** Monotonic ms at its begin. */
  atMs: number;
  tookMs: number;
  /** null: answered, whole and right in form. */
  why: string | null;
}

export interface Pass {
  /** Spearman x 100; null when a call failed, since then it is not the score of this data. */
  score: number | null;
  tookMs: number;
}

/**
 * One pass over the data, as MTEB does it: the first texts of all pairs, then the second, in batches; cosine, then
 * Spearman against the grades. Ends early, with a null score, when `signal` says so.
 */
export async function runPass(
  pairs: readonly GradedPair[],
  settings: ClientSettings,
  world: ClientWorld,
  onCall: (call: Call) => void,
  signal: AbortSignal,
): Promise<Pass> {
  const startedMs = world.nowMs();
  const texts = [...pairs.map(({ one }) => one), ...pairs.map(({ two }) => two)];
  const vectors = new Array<number[] | null>(texts.length).fill(null);
  let next = 0;
  const work = async () => {
    while (next < texts.length && !signal.aborted) {
      const from = next;
      next += settings.batch;
      const batch = texts.slice(from, from + settings.batch);
      const { call, vectors: answered } = await ask(batch, settings, world, signal);
      if (signal.aborted) return;
      onCall(call);
      for (const [at, vector] of answered.entries()) vectors[from + at] = vector;
    }
  };
  await Promise.all(Array.from({ length: settings.concurrency }, work));
  return { score: scoreOf(pairs, vectors), tookMs: world.nowMs() - startedMs };
}

function scoreOf(pairs: readonly GradedPair[], vectors: readonly (number[] | null)[]): number | null {
  const cosines: number[] = [];
  for (const at of pairs.keys()) {
    const [one, two] = [vectors[at], vectors[pairs.length + at]];
    if (!one || !two) return null;
    cosines.push(cosine(one, two));
  }
  const grades = pairs.map(({ score }) => score);
  return spearman(grades, cosines) * 100;
}

interface Asked {
  call: Call;
  /** Empty when it failed. */
  vectors: number[][];
}

/** One call. Never throws: a failure is what is being counted. */
export async function ask(
  batch: readonly string[],
  { url, model, apiKey, timeoutMs }: ClientSettings,
  { fetch, nowMs }: ClientWorld,
  signal: AbortSignal,
): Promise<Asked> {
  const atMs = nowMs();
  const ended = (why: string | null, vectors: number[][] = []): Asked => ({
    call: { atMs, tookMs: nowMs() - atMs, why },
    vectors,
  });
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(`${url}/v1/embeddings`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({ input: batch, ...(model === null ? {} : { model }) }),
      signal: AbortSignal.any([signal, timeout]),
    });
    const text = await response.text();
    if (response.status !== 200) return ended(`HTTP ${response.status}: ${oneLine(text)}`);
    const vectors = vectorsOf(text, batch.length);
    return typeof vectors === 'string' ? ended(vectors) : ended(null, vectors);
  } catch (error) {
    if (timeout.aborted) return ended(`no answer within ${timeoutMs / 1_000} s`);
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
    return ended(cause?.code ?? cause?.message ?? message);
  }
}

/** The vectors in their order, or what is wrong with the answer. */
function vectorsOf(text: string, count: number): number[][] | string {
  let data: { index?: number; embedding?: unknown }[];
  try {
    data = (JSON.parse(text) as { data: typeof data }).data;
  } catch {
    return 'the answer is cut, or not JSON';
  }
  if (!Array.isArray(data) || data.length !== count) return `the answer has not ${count} vectors`;
  const sorted = [...data].sort((a, b) => (a.index ?? 0) - (b.index ?? 0)).map(({ embedding }) => embedding);
  const [first] = sorted;
  const right = (vector: unknown): vector is number[] =>
    Array.isArray(vector) &&
    Array.isArray(first) &&
    vector.length === first.length &&
    vector.length > 0 &&
    vector.every(Number.isFinite);
  return sorted.every(right) ? sorted : 'the answer has a vector that is no vector';
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 160);
}
