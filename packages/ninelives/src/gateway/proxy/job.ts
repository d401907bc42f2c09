import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AnswerHead } from '../wire/answer.js';
import type { Exchange } from '../wire/upstream.js';
import type { Route } from './routes.js';

/** A request in the proxy: what was read of the client, and what came back so far. */
export interface Job {
  id: number;
  requestId: string;
  client: string;
  route: Route;
  request: IncomingMessage;
  response: ServerResponse;
  /** As it goes to the backend. */
  head: string;
  body: readonly Buffer[];
  bytes: number;
  /** The copy on its way. */
  exchange: Exchange | null;
  answer: Answer | null;
  /** Set once, when first asked for. */
  hash: string | null;
  ended: boolean;
}

/** Field by field: all jobs have one shape, and a spread costs more than it saves words. */
export function jobOf(given: Omit<Job, 'exchange' | 'answer' | 'hash' | 'ended'>): Job {
  const { id, requestId, client, route, request, response, head, body, bytes } = given;
  return {
    id,
    requestId,
    client,
    route,
    request,
    response,
    head,
    body,
    bytes,
    exchange: null,
    answer: null,
    hash: null,
    ended: false,
  };
}

/** An answer on its way in. */
export interface Answer {
  head: AnswerHead;
  /**
   * Kept until it is whole; empty once it is being passed on. As latin1, a character a byte: strings live on V8's own heap,
   * while 20 KB buffers count as external memory, of which every 300 answers brought a full collection (a tail of 10 ms).
   */
  parts: string[];
  bytes: number;
  /** Passed on as it comes: it can't be taken back. */
  passing: boolean;
}

/** Route and body by their SHA-256: names an input in logs and in the ledger without telling its text. */
export function fingerprintOf(job: Job): string {
  if (job.hash !== null) return job.hash;
  const hash = createHash('sha256').update(`${job.request.method} ${job.request.url}\n`);
  for (const part of job.body) hash.update(part);
  job.hash = hash.digest('hex');
  return job.hash;
}

/** Must it be passed on as it comes? What may not be replayed needs no keeping, and an event stream is waited for. */
export function passesOn(job: Job, head: AnswerHead): boolean {
  return job.route.replay !== 'whole' || head.contentType === 'text/event-stream';
}

/** Length and chunks say whether the body is whole; where only the end of the connection does, the text must. */
export function isWhole({ head, parts }: Answer): boolean {
  if (head.framing !== 'until-close' || head.contentType !== 'application/json') return true;
  try {
    JSON.parse(Buffer.from(parts.join(''), 'latin1').toString('utf8'));
    return true;
  } catch {
    // Cut in the middle, by a server that died.
    return false;
  }
}

/** `Retry-After` in seconds (RFC 9110 §10.2.3); a date is not worth a clock here. */
export function retryAfterMs({ retryAfter }: AnswerHead): number | null {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : null;
}

export function pathOf(job: Job): string {
  return (job.request.url ?? '/').split('?', 1)[0] as string;
}
