import type { AnswerHead } from '../wire/answer.js';
import type { Call } from '../wire/call.js';
import type { HttpDate } from '../wire/date.js';
import type { RequestHead } from '../wire/request.js';

/** For one connection only (RFC 9110 §7.6.1), or ours to say; plus whatever `Connection` names. */
const HOP_BY_HOP = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization', 'te'],
  ...['trailer', 'transfer-encoding', 'upgrade', 'expect', 'content-length'],
]);
const REWRITTEN = new Set([
  'host',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
]);
const SANE_ID = /^[\w.:/+=@-]{1,128}$/;

/** The client's own id for the request where it has a sane one, so that logs on both sides can be matched. */
export function requestIdOf({ requestId }: RequestHead, newId: () => string): string {
  return requestId !== undefined && SANE_ID.test(requestId) ? requestId : newId();
}

/** Whom to be fair to, without a key: the address that the tunnel saw, where a tunnel of this machine says so. */
export function clientOf({ peer, head }: Call): string {
  if (!isLoopback(peer)) return peer;
  // Of a list the last was added by who speaks to us; the others are hearsay.
  const told = head.forwardedFor?.split(',').at(-1)?.trim();
  return told ? told.slice(0, 64) : peer;
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}

export interface Forwarding {
  /** `host:port` of the backend. */
  upstream: string;
  requestId: string;
  bodyBytes: number;
  /** Is the client's key meant for us? Then it goes no further. */
  ownsAuthorization: boolean;
}

/** Request line and headers as the backend gets them. */
export function headForUpstream({ head: request, peer }: Call, forwarding: Forwarding): string {
  const { upstream, requestId, bodyBytes, ownsAuthorization } = forwarding;
  const { method, target, rawHeaders } = request;
  const named = namedByConnection(request.connection);
  let head = `${method} ${target} HTTP/1.1\r\nHost: ${upstream}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || REWRITTEN.has(lower) || named?.has(lower)) continue;
    if (ownsAuthorization && (lower === 'authorization' || lower === 'x-api-key')) continue;
    head += `${name}: ${rawHeaders[i + 1]}\r\n`;
  }
  const before = isLoopback(peer) ? request : NOTHING_SAID;
  const chain = before.forwardedFor;
  head += `X-Forwarded-For: ${chain ? `${chain}, ${peer}` : peer}\r\n`;
  head += `X-Forwarded-Proto: ${before.forwardedProto ?? 'http'}\r\n`;
  head += `X-Forwarded-Host: ${before.forwardedHost ?? request.host}\r\n`;
  head += `X-Request-Id: ${requestId}\r\nConnection: keep-alive\r\n`;
  const hasBody = bodyBytes > 0 || method === 'POST' || method === 'PUT';
  if (hasBody) head += `Content-Length: ${bodyBytes}\r\n`;
  return `${head}\r\n`;
}

/** From an address that is not this machine's: whoever it is, it may not speak for others. */
const NOTHING_SAID: Pick<RequestHead, 'forwardedFor' | 'forwardedProto' | 'forwardedHost'> = {
  forwardedFor: undefined,
  forwardedProto: undefined,
  forwardedHost: undefined,
};

/** The backend's headers as the client gets them, each with its line end. */
export function headersForClient(
  head: AnswerHead,
  requestId: string,
  length: number | null,
  date: HttpDate,
): string {
  const { rawHeaders } = head;
  let headers = '';
  let named: ReadonlySet<string> | null = null;
  let dated = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === 'connection') named = namedByConnection(rawHeaders[i + 1] as string);
  }
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || lower === 'x-request-id' || named?.has(lower)) continue;
    if (lower === 'date') dated = true;
    headers += `${name}: ${rawHeaders[i + 1]}\r\n`;
  }
  if (!dated) headers += date.line(); // RFC 9110 §6.6.1
  if (length !== null) headers += `Content-Length: ${length}\r\n`;
  return `${headers}X-Request-Id: ${requestId}\r\n`;
}

/** How long the body will be, as the backend said it and where that is still true for us: chunks have their own. */
export function lengthOf({ framing, length, status }: AnswerHead): number | null {
  return framing === 'length' || (framing === 'none' && status !== 204) ? length : null;
}

function namedByConnection(value: string | null): ReadonlySet<string> | null {
  if (value === null || /^(close|keep-alive)$/i.test(value)) return null;
  return new Set(value.split(',').map((name) => name.trim().toLowerCase()));
}
