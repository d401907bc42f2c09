import type { ProbeReason } from '../../core/types.js';
import type { GoldenStore, ProbeSpec } from '../probe.js';

/** The request of one attempt. */
export interface KindRequest {
  method: string;
  /** Instead of the kind's own path. */
  path?: string;
  /** Headers of this kind; those of the spec win. */
  headers: { [name: string]: string };
  body: string | null;
  /** Statuses that go on to `judge`, where it is not just 2xx. */
  statuses?: number[];
}

/** A whole answer, as far as it is the kind's business. */
export interface Answer {
  status: number;
  /** Lower case, without parameters; '' when there is none. */
  contentType: string;
  text: string;
}

/** 'ok', or why not, with a clause for people. */
export interface Judgement {
  reason: ProbeReason;
  detail: string;
}

/**
 * One kind of real work. To add one: a file beside this that exports a Kind and its options, a line in
 * `kinds.ts`, and its fields in `config/schema.ts`.
 * `request` and `judge` are pure (but for offering golden answers); `judge` is total over every text.
 */
export interface Kind {
  name: string;
  /** Appended to the spec's URL unless that has a path of its own. */
  path: string;
  request(spec: ProbeSpec, attempt: number): KindRequest;
  judge(answer: Answer, spec: ProbeSpec, environment: { attempt: number; golden: GoldenStore }): Judgement;
}

export const OK: Judgement = { reason: 'ok', detail: '' };

export function wrong(detail: string): Judgement {
  return { reason: 'wrong', detail };
}

/** A JSON POST, as every OpenAI-shaped kind sends. */
export function postJson(body: { [key: string]: unknown }): KindRequest {
  return {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** One line of text that a server wrote, safe to print and bounded. */
export function excerpt(text: string, maxChars = 120): string {
  // A server's words must not steer a terminal.
  const line = text
    .slice(0, maxChars * 4)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  return line.length > maxChars ? `${line.slice(0, maxChars - 1)}…` : line;
}

/** Any JSON value in a few characters, for a sentence. */
export function show(value: unknown, maxChars = 60): string {
  try {
    return excerpt(JSON.stringify(value) ?? 'missing', maxChars);
  } catch {
    return 'nested too deeply to show'; // JSON.parse takes any depth, JSON.stringify does not
  }
}

/** The words of an error body: OpenAI's `error.message`, FastAPI's `detail`, or the start of the text. */
export function errorWords(text: string): string {
  try {
    const { error, message, detail } = JSON.parse(text) ?? {};
    for (const words of [error?.message, error, message, detail]) {
      if (typeof words === 'string' && words !== '') return excerpt(words);
    }
  } catch {
    // not JSON: its own start says more
  }
  return excerpt(text);
}

/**
 * The answer as a JSON object. JSON that doesn't parse is the server's fault when it said JSON, and ours
 * (another page answers there) when it said something else.
 */
export function parseObject(
  answer: Answer,
): { object: { [key: string]: unknown } } | { judgement: Judgement } {
  const saidJson = answer.contentType === '' || /[/+]json$/.test(answer.contentType);
  let value: unknown;
  try {
    value = JSON.parse(answer.text);
  } catch {
    if (!saidJson) {
      const detail = `the answer is ${answer.contentType}, not JSON: something else answers at \`probe.url\` ("${excerpt(answer.text, 60)}")`;
      return { judgement: { reason: 'misconfigured', detail } };
    }
    if (answer.text.trim() === '') return { judgement: wrong('the answer is empty') };
    if (/^\s*\{/.test(answer.text) && !answer.text.trimEnd().endsWith('}')) {
      // A chunked answer that ends with the connection looks complete to undici when that was to close anyway.
      return { judgement: { reason: 'reset', detail: 'the answer ends in the middle' } };
    }
    const nan = /[[,:\s](-?(?:NaN|Infinity))/.exec(answer.text)?.[1];
    const why = nan === undefined ? excerpt(answer.text, 60) : `it contains ${nan}`;
    return { judgement: wrong(`the answer is not JSON: ${why}`) };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { judgement: wrong(`the answer is not a JSON object: ${excerpt(answer.text, 60)}`) };
  }
  return { object: value as { [key: string]: unknown } };
}

/** Element `attempt` of a list that is used round and round. */
export function rotate<T>(list: readonly T[], attempt: number): T {
  const index = ((Math.trunc(attempt) % list.length) + list.length) % list.length;
  return list[index] as T;
}
