import { SERVER_COUNTERS, SERVER_NAMES, type Selector, type ServerName } from './servers.js';
import { readBounded } from './wire/body.js';
import { startDeadline } from './wire/deadline.js';
import { judgeNetworkError } from './wire/network.js';

const MAX_METRICS_BYTES = 4 * 1024 * 1024;
const LIMIT_MS = 2_000;

/** Where finished work is counted: by a counter's name, by a server's, or by whichever known one is found there. */
export type Progress = { url: string; counter: string } | { url: string; server: ServerName | 'any' };

interface World {
  fetch: typeof globalThis.fetch;
  signal: AbortSignal;
  /** Whole-request limit. */
  limitMs?: number;
}

/** How much work was finished so far, or why that can't be told. */
export type Finished = number | { unknown: string /** There is no such thing there. */; never?: true };

/**
 * Reads the count of finished work at a Prometheus endpoint. Never throws; anything that keeps us from a number is
 * `unknown` with the reason, since "could not look" is never "stands still".
 */
export function readCounter(query: Progress & World): Promise<Finished> {
  if ('counter' in query) {
    const { url, counter } = query;
    return readMetrics(
      query,
      (text) => sumCounter(text, counter) ?? none(`${url} has no counter ${counter}`),
    );
  }
  const { url, server } = query;
  const servers = server === 'any' ? SERVER_NAMES : [server];
  return readMetrics(query, (text) => {
    for (const name of servers) {
      const sum = sumSelected(text, SERVER_COUNTERS[name]);
      if (sum !== null) return sum;
    }
    return none(`${url} has no counter of ${server === 'any' ? 'a known server' : server}`);
  });
}

function none(unknown: string): Finished {
  return { unknown, never: true };
}

async function readMetrics(
  query: { url: string } & World,
  read: (text: string) => Finished,
): Promise<Finished> {
  const { url, fetch, signal, limitMs = LIMIT_MS } = query;
  const deadline = startDeadline(signal, limitMs);
  try {
    const init = { redirect: 'manual', headers: { connection: 'close' }, signal: deadline.signal } as const;
    const response = await deadline.within(fetch(url, init));
    if (response.status !== 200) return none(`${url} answered HTTP ${response.status}`);
    const body = await readBounded(response, MAX_METRICS_BYTES, deadline);
    if (body.over) return none(`${url} is longer than ${MAX_METRICS_BYTES / 1024 / 1024} MiB`);
    return read(body.text);
  } catch (error) {
    const cause = deadline.cause();
    if (cause === 'deadline') return { unknown: `${url} gave no whole answer within ${limitMs} ms` };
    return { unknown: cause === 'cancelled' ? 'stopped' : judgeNetworkError(error).detail };
  } finally {
    deadline.end();
  }
}

/** Where it was looked for by guess and not found, nobody is asked again at once: each question is in its log. */
const NOT_FOUND_AGAIN_MS = 10 * 60_000;
const NO_ANSWER_AGAIN_MS = 10_000;

/** Reads again and again, politely: what was only guessed to be there is not asked for every second. */
export function createProgressReader(
  progress: Progress,
  world: { fetch: typeof globalThis.fetch; nowMs: () => number; limitMs: number },
): () => Promise<Finished> {
  const { nowMs, limitMs } = world;
  const guessed = 'server' in progress && progress.server === 'any';
  let waitUntilMs = Number.NEGATIVE_INFINITY;
  let last: Finished = { unknown: 'not asked yet' };
  return async () => {
    if (nowMs() < waitUntilMs) return last;
    const { signal } = new AbortController();
    last = await readCounter({ ...progress, fetch: world.fetch, limitMs, signal });
    if (guessed && typeof last !== 'number') {
      waitUntilMs = nowMs() + (last.never ? NOT_FOUND_AGAIN_MS : NO_ANSWER_AGAIN_MS);
    }
    return last;
  };
}

/** `name`, `name{…}`, then the value; labels may hold quoted braces (Prometheus exposition format 0.0.4). */
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})?[ \t]+(\S+)/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/**
 * The sum of a counter's samples in Prometheus text.
 * @returns null when there is none, or when one of its samples is not a finite number: half a sum would
 * look like movement.
 */
export function sumCounter(text: string, counter: string): number | null {
  return sumSelected(text, [{ name: counter }]);
}

/** The same over several counters, each perhaps for some of its labels only. */
function sumSelected(text: string, selectors: readonly Selector[]): number | null {
  let sum: number | null = null;
  for (const line of text.split('\n')) {
    if (!selectors.some(({ name }) => line.startsWith(name))) continue;
    const [, name, labels = '', number] = SAMPLE.exec(line) ?? [];
    if (!selectors.some((selector) => selector.name === name && hasLabels(labels, selector.labels))) continue;
    const value = Number(number);
    if (!Number.isFinite(value)) return null;
    sum = (sum ?? 0) + value;
  }
  return sum;
}

function hasLabels(text: string, wanted: Selector['labels'] = {}): boolean {
  const entries = Object.entries(wanted);
  if (entries.length === 0) return true;
  const labels = new Map([...text.matchAll(LABEL)].map(([, label = '', value = '']) => [label, value]));
  return entries.every(([label, pattern]) => pattern.test(labels.get(label) ?? ''));
}
