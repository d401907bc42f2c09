import { readBounded } from '../../probe/wire/body.js';
import { startDeadline } from '../../probe/wire/deadline.js';

/** One GET's answer, or null where there was none in time. */
export interface Answer {
  status: number;
  text: string;
  /** undefined where the text is not JSON, or is cut. */
  json: unknown;
}

export type Answers = { [path: string]: Answer | null };

/** The first one tells whether HTTP is spoken at all, before any other is asked. */
const FIRST = '/';
/** What the known servers tell about themselves. All are GETs that do no work. */
export const PATHS = [
  ...['/v1/models', '/models', '/info', '/props', '/get_model_info'],
  ...['/api/tags', '/api/ps', '/openapi.json'],
] as const;

const LIMIT_MS = 3_000;
/** The description of a large FastAPI application has some 300 kB. */
const BYTES_MAX = 1024 * 1024;

export interface AskPorts {
  fetch: typeof globalThis.fetch;
  signal: AbortSignal;
}

/** Asks a server about itself; null where it speaks no HTTP. Never throws; takes 9 s at most. */
export async function askAll(url: string, ports: AskPorts): Promise<Answers | null> {
  // One for all of them: each request listens to its signal.
  const deadline = startDeadline(ports.signal, 3 * LIMIT_MS);
  const within = { fetch: ports.fetch, signal: deadline.signal };
  try {
    const first = await ask(url, FIRST, within);
    if (first === null) return null;
    const rest = await Promise.all(PATHS.map(async (path) => [path, await ask(url, path, within)] as const));
    return Object.fromEntries([[FIRST, first], ...rest]);
  } finally {
    deadline.end();
  }
}

async function ask(base: string, path: string, { fetch, signal }: AskPorts): Promise<Answer | null> {
  const deadline = startDeadline(signal, LIMIT_MS);
  try {
    const headers = { connection: 'close', accept: 'application/json', 'user-agent': 'ninelives-init' };
    const init = { headers, redirect: 'manual', signal: deadline.signal } as const;
    const response = await deadline.within(fetch(new URL(path, base), init));
    const { text, over } = await readBounded(response, BYTES_MAX, deadline);
    return { status: response.status, text, json: over ? undefined : parse(text) };
  } catch {
    return null; // refused, too slow, or not HTTP: nothing to recognise
  } finally {
    deadline.end();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
