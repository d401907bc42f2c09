import type { IncomingMessage } from 'node:http';
import type { Problem } from './speak.js';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * A second fence behind Node's strict parser: requests that two servers could read in two ways (request smuggling,
 * RFC 9112 §11.2) are refused, and so is what is not meant for a server like this. The body is read whole and sent
 * on with a length of our own, so that nothing of the client's framing ever reaches the backend.
 */
export function objectionTo(request: IncomingMessage, bodyMax: number): Problem | null {
  const { rawHeaders, headers, url = '' } = request;
  let lengths = 0;
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    if (name === 'content-length' || name === 'transfer-encoding') lengths += 1;
    else if (name === 'host') hosts += 1;
  }
  const coding = headers['transfer-encoding'];
  if (lengths > 1) return bad('The length of the body is unclear.');
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return bad('Only chunked bodies are understood.');
  if (hosts > 1) return bad('More than one Host.');
  if (!url.startsWith('/')) return bad('The target must be a path.');
  if (!METHODS.has(request.method ?? '')) {
    const message = `The method ${request.method} is not for a model API.`;
    return { status: 405, type: 'invalid_request_error', code: 'method_not_allowed', message, close: true };
  }
  if (Number(headers['content-length'] ?? 0) > bodyMax) return tooLarge(bodyMax);
  return null;
}

export function tooLarge(bodyMax: number): Problem {
  const message = `The body is larger than ${bodyMax} bytes. Send it in parts.`;
  return { status: 413, type: 'invalid_request_error', code: 'body_too_large', message };
}

function noRoom(): Problem {
  const message = 'The requests that are being read fill the memory set aside for them.';
  return {
    status: 503,
    type: 'server_error',
    code: 'intake_full',
    message,
    retryAfterMs: 5_000,
    close: true,
  };
}

export function tooMany(): Problem {
  const message = 'Too many requests on one connection that are not answered yet.';
  return {
    status: 429,
    type: 'rate_limit_error',
    code: 'pipelined_too_many',
    message,
    retryAfterMs: 1_000,
    close: true,
  };
}

function bad(message: string): Problem {
  return { status: 400, type: 'invalid_request_error', code: 'bad_request', message, close: true };
}

/** Memory for bodies that are still being read, all together: a thousand slow senders must not fill it. */
export interface IntakeRoom {
  bytes: number;
  max: number;
}

/** Reads the body whole, up to its limit. `done` is not called when the client leaves before. */
export function readBody(
  request: IncomingMessage,
  limits: { bodyMax: number; room: IntakeRoom },
  done: (body: Buffer[] | Problem) => void,
): void {
  const { bodyMax, room } = limits;
  const parts: Buffer[] = [];
  let bytes = 0;
  let over = false;
  const settle = (result: Buffer[] | Problem | null) => {
    if (over) return;
    over = true;
    room.bytes -= bytes;
    if (result) done(result);
  };
  request.on('data', (part: Buffer) => {
    if (over) return; // read, so that the answer can be sent on this connection, and dropped
    bytes += part.length;
    room.bytes += part.length;
    parts.push(part);
    if (bytes > bodyMax) settle(tooLarge(bodyMax));
    else if (room.bytes > room.max) settle(noRoom());
  });
  request.on('end', () => settle(parts));
  request.on('close', () => settle(null));
}
