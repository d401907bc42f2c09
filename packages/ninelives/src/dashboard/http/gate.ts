import type { IncomingMessage, ServerResponse } from 'node:http';

/** Names by which this machine is called from itself. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Nothing is fetched from elsewhere, nothing is framed, and nothing that is shown can run. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: { [name: string]: string } = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};

/**
 * Is it called by a name of ours? A page elsewhere can make its own name point to 127.0.0.1 (DNS rebinding) and then
 * reads whatever answers there; but it can't choose the Host that its victim's browser sends.
 */
export function isOurName(host: string | undefined, names: readonly string[]): boolean {
  const name = hostName(host);
  return name !== null && (LOOPBACK.includes(name) || names.includes(name));
}

/** Without the port, which a forwarded one (`ssh -L`) changes; an IPv6 address keeps its brackets. */
function hostName(host: string | undefined): string | null {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase() ?? null;
}

/** Does a browser send it for a page of somebody else? Without these headers it is no browser, and no page. */
export function isForeign({ headers }: IncomingMessage): boolean {
  const { origin, host } = headers;
  if (headers['sec-fetch-site'] === 'cross-site') return true;
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}

export interface Answer {
  status: number;
  type: string;
  body: string | Buffer;
  /** `Cache-Control`; not kept at all unless given. */
  cache?: string;
  headers?: { [name: string]: string };
}

export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, type, body, cache = 'no-store', headers = {} } = answer;
  response.writeHead(status, {
    ...HEADERS,
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': cache,
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Headers of an answer that goes on. */
export function liveHeaders(): { [name: string]: string } {
  return {
    ...HEADERS,
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no',
  };
}

export function json(value: unknown, status = 200): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

export function refusal(status: number, error: string): Answer {
  return json({ error }, status);
}
