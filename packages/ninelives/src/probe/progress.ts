import { readBounded } from './wire/body.js';
import { startDeadline } from './wire/deadline.js';
import { judgeNetworkError } from './wire/network.js';

const MAX_METRICS_BYTES = 4 * 1024 * 1024;
const LIMIT_MS = 2_000;

/**
 * Reads one counter of a Prometheus endpoint: the sum over its labels. Never throws; anything that keeps us
 * from a number is `unknown` with the reason, since "could not look" is never "stands still".
 * @param limitMs whole-request limit
 */
export async function readCounter(query: {
  url: string;
  counter: string;
  fetch: typeof globalThis.fetch;
  signal: AbortSignal;
  limitMs?: number;
}): Promise<number | { unknown: string }> {
  const { url, counter, fetch, signal, limitMs = LIMIT_MS } = query;
  const deadline = startDeadline(signal, limitMs);
  try {
    const init = { redirect: 'manual', headers: { connection: 'close' }, signal: deadline.signal } as const;
    const response = await deadline.within(fetch(url, init));
    if (response.status !== 200) return { unknown: `${url} answered HTTP ${response.status}` };
    const body = await readBounded(response, MAX_METRICS_BYTES, deadline);
    if (body.over) return { unknown: `${url} is longer than ${MAX_METRICS_BYTES / 1024 / 1024} MiB` };
    return sumCounter(body.text, counter) ?? { unknown: `${url} has no counter ${counter}` };
  } catch (error) {
    const cause = deadline.cause();
    if (cause === 'deadline') return { unknown: `${url} gave no whole answer within ${limitMs} ms` };
    return { unknown: cause === 'cancelled' ? 'stopped' : judgeNetworkError(error).detail };
  } finally {
    deadline.end();
  }
}

/** `name`, `name{…}`, then the value; labels may hold quoted braces (Prometheus exposition format 0.0.4). */
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*(?:\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?[ \t]+(\S+)/;

/**
 * The sum of a counter's samples in Prometheus text.
 * @returns null when there is none, or when one of its samples is not a finite number: half a sum would
 * look like movement.
 */
export function sumCounter(text: string, counter: string): number | null {
  let sum: number | null = null;
  for (const line of text.split('\n')) {
    if (!line.startsWith(counter)) continue;
    const sample = SAMPLE.exec(line);
    if (sample?.[1] !== counter) continue;
    const value = Number(sample[2]);
    if (!Number.isFinite(value)) return null;
    sum = (sum ?? 0) + value;
  }
  return sum;
}
