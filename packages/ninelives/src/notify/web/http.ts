import type { Delivery } from '../notifier.js';

/** What every notifier over HTTP is given. Web-standard: the off-site layer hands in its own. */
export interface WebPorts {
  /** Unix time in ms. */
  wallMs: () => number;
  /** Where docs/runbook.md can be read in a browser, or null. */
  runbook: string | null;
  fetch?: typeof globalThis.fetch;
}

export interface Wire {
  /** The notifier's, for its errors. */
  name: string;
  /** Must not come out in an error, even if the far end repeats them. */
  secrets: (string | null)[];
}

/** What came back, as far as it is looked at. */
export interface Answered {
  status: number;
  headers: Headers;
  text: string;
}

/** More of an answer than anybody needs. */
const ANSWER_MAX_BYTES = 64 * 1024;
const SAID_MAX_CHARS = 200;
/** Shorter parts of a path ("api", "v2") are found everywhere and reveal nothing. */
const PART_MIN_CHARS = 6;

/**
 * One request. Redirects are not followed: they would carry the page and its key to a place nobody configured. An error
 * says no URL, header or secret.
 */
export async function ask(
  { name }: Wire,
  {
    url,
    statusOnly = false,
    ...init
  }: {
    statusOnly?: boolean;
    url: string | URL;
    method?: string;
    headers?: Headers | { [name: string]: string };
    body?: string;
  },
  signal: AbortSignal,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): Promise<Answered | { error: string }> {
  try {
    const response = await fetch(url, { ...init, signal, redirect: 'manual' });
    const text = statusOnly ? '' : await readSome(response);
    if (statusOnly) await response.body?.cancel();
    return { status: response.status, headers: response.headers, text };
  } catch (error) {
    const why = signal.aborted ? 'no answer within the limit' : `network (${codeOf(error)})`;
    return { error: `${name}: ${why}` };
  }
}

/** Posts JSON and judges the answer. `after`: where the wait stands that a 429 asks for, if not in Retry-After. */
export async function postJson(
  wire: Wire,
  request: { url: string | URL; headers?: { [name: string]: string }; body: unknown },
  signal: AbortSignal,
  ports: WebPorts,
  after?: (answer: unknown) => number | null,
): Promise<Delivery & { answer?: unknown }> {
  const { url, headers = {}, body } = request;
  const answered = await ask(
    wire,
    {
      url,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'ninelives', ...headers },
      body: JSON.stringify(body),
    },
    signal,
    ports.fetch,
  );
  if ('error' in answered) return { outcome: 'retry', ...answered };
  const answer = parsed(answered.text);
  const delivery = judge(wire, answered, ports.wallMs());
  const afterMs = delivery.outcome === 'retry' ? (after?.(answer) ?? null) : null;
  return { ...delivery, ...(afterMs === null ? {} : { afterMs }), answer };
}

/** 2xx is acceptance. 408, 425, 429 and 5xx pass with time; any other answer stays what it is. */
export function judge(wire: Wire, { status, headers, text }: Answered, wallMs: number): Delivery {
  if (status >= 200 && status < 300) return { outcome: 'accepted' };
  const error = `${wire.name}: HTTP ${status}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const afterMs = retryAfterMs(headers.get('retry-after'), wallMs);
    return afterMs === null ? { outcome: 'retry', error } : { outcome: 'retry', error, afterMs };
  }
  if (status >= 300 && status < 400) {
    return { outcome: 'refused', error: `${error}: redirects are not followed` };
  }
  const said = cutSaid(conceal(text, wire.secrets));
  return { outcome: 'refused', error: said === '' ? error : `${error}: ${said}` };
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3); null when there is none that can be read. */
function retryAfterMs(value: string | null, wallMs: number): number | null {
  if (value === null) return null;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - wallMs);
}

/** Takes secrets out of what the far end said. */
export function conceal(text: string, secrets: (string | null)[]): string {
  const known = secrets
    .filter((secret): secret is string => secret !== null && secret !== '')
    .flatMap(partsOf);
  return known.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text);
}

/** Of a URL that is a secret, each part of its path is one too. */
function partsOf(secret: string): string[] {
  if (!/^https?:/.test(secret) || !URL.canParse(secret)) return [secret];
  const { pathname, search } = new URL(secret);
  return [
    secret,
    `${pathname}${search}`,
    ...pathname.split('/').filter((part) => part.length >= PART_MIN_CHARS),
  ];
}

function cutSaid(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > SAID_MAX_CHARS ? `${line.slice(0, SAID_MAX_CHARS - 1)}…` : line;
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A field of a JSON answer, wherever it may be missing. */
export function field(answer: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null ? (value as { [key: string]: unknown })[key] : undefined,
    answer,
  );
}

/** The status has decided already: an answer that breaks off is read as far as it goes. */
async function readSome(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (let bytes = 0; bytes < ANSWER_MAX_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) return text;
      bytes += value.length;
      text += decoder.decode(value, { stream: true });
    }
    await reader.cancel();
  } catch {
    // as far as it goes
  }
  return text;
}

/** The code of the innermost cause, as undici and the system call it. */
function codeOf(error: unknown): string {
  let code = error instanceof Error ? error.name : 'unknown';
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') code = cause.code;
  }
  return code;
}
