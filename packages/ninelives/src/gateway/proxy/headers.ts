import type { IncomingMessage } from 'node:http';
import type { AnswerHead } from '../wire/answer.js';

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
export function requestIdOf(request: IncomingMessage, newId: () => string): string {
  const own = request.headers['x-request-id'];
  return typeof own === 'string' && SANE_ID.test(own) ? own : newId();
}

/** Whom to be fair to, without a key: the address that the tunnel saw, where a tunnel of this machine says so. */
export function clientOf(request: IncomingMessage): string {
  const peer = request.socket.remoteAddress ?? 'unknown';
  if (!isLoopback(peer)) return peer;
  const told = request.headers['cf-connecting-ip'] ?? request.headers['x-forwarded-for'];
  // Of a list the last was added by who speaks to us; the others are hearsay.
  const last = (Array.isArray(told) ? told.at(-1) : told)?.split(',').at(-1)?.trim();
  return last ? last.slice(0, 64) : peer;
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
export function headForUpstream(request: IncomingMessage, forwarding: Forwarding): string {
  const { upstream, requestId, bodyBytes, ownsAuthorization } = forwarding;
  const { rawHeaders, headers, socket } = request;
  const named = namedByConnection(headers.connection);
  let head = `${request.method} ${request.url} HTTP/1.1\r\nHost: ${upstream}\r\n`;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || REWRITTEN.has(lower) || named?.has(lower)) continue;
    if (ownsAuthorization && (lower === 'authorization' || lower === 'x-api-key')) continue;
    head += `${name}: ${rawHeaders[i + 1]}\r\n`;
  }
  const peer = socket.remoteAddress ?? 'unknown';
  const before = isLoopback(peer) ? headers : {};
  const chain = before['x-forwarded-for'];
  head += `X-Forwarded-For: ${chain ? `${chain}, ${peer}` : peer}\r\n`;
  head += `X-Forwarded-Proto: ${before['x-forwarded-proto'] ?? 'http'}\r\n`;
  head += `X-Forwarded-Host: ${before['x-forwarded-host'] ?? headers.host ?? ''}\r\n`;
  head += `X-Request-Id: ${requestId}\r\nConnection: keep-alive\r\n`;
  const hasBody = bodyBytes > 0 || request.method === 'POST' || request.method === 'PUT';
  if (hasBody) head += `Content-Length: ${bodyBytes}\r\n`;
  return `${head}\r\n`;
}

/** The backend's headers as the client gets them: name, value, name, value … */
export function headersForClient(head: AnswerHead, requestId: string, length = lengthOf(head)): string[] {
  const { rawHeaders } = head;
  const headers: string[] = [];
  let named: ReadonlySet<string> | null = null;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === 'connection') named = namedByConnection(rawHeaders[i + 1]);
  }
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const lower = name.toLowerCase();
    if (HOP_BY_HOP.has(lower) || lower === 'x-request-id' || named?.has(lower)) continue;
    headers.push(name, rawHeaders[i + 1] as string);
  }
  headers.push('X-Request-Id', requestId);
  if (length !== null) headers.push('Content-Length', String(length));
  return headers;
}

/** As the backend said it, where that is still true for us: chunks have their own. */
function lengthOf({ framing, length, status }: AnswerHead): number | null {
  return framing === 'length' || (framing === 'none' && status !== 204) ? length : null;
}

function namedByConnection(value: string | undefined): ReadonlySet<string> | null {
  if (value === undefined || /^(close|keep-alive)$/i.test(value)) return null;
  return new Set(value.split(',').map((name) => name.trim().toLowerCase()));
}
