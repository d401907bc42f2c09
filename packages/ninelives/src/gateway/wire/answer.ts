import type { Framing } from './body.js';
import { fieldValue, isText, TOKEN } from './field.js';

/** The head of an answer. Header names and values as they came: name, value, name, value … */
export interface AnswerHead {
  status: number;
  reason: string;
  rawHeaders: string[];
  /** Lower case, without parameters; empty when there is none. */
  contentType: string;
  retryAfter: string | null;
  /** How the end of the body is known. */
  framing: Framing;
  /** What `Content-Length` says; of an answer to HEAD, how long the body would be. */
  length: number | null;
  keepAlive: boolean;
}

export const HEAD_BYTES_MAX = 64 * 1024;

/**
 * The head of an answer to `method`, up to and without the empty line (RFC 9112 §4, §6.3). Strict: what two readers
 * could read in two ways is refused. @returns a clause for the log when it is not a valid head.
 */
export function parseHead(text: string, method: string): AnswerHead | string {
  const lines = text.split('\r\n');
  const start = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/.exec(lines[0] ?? '');
  if (!start || !isText(start[3] ?? '')) return 'no HTTP/1.1 status line';
  const status = Number(start[2]);
  const head: AnswerHead = {
    status,
    reason: start[3] ?? '',
    rawHeaders: [],
    contentType: '',
    retryAfter: null,
    framing: 'until-close',
    length: null,
    keepAlive: start[1] === '1',
  };
  const codings: string[] = [];
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as string;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = fieldValue(line, colon);
    if (colon < 1 || value === null || !TOKEN.test(name)) return 'a header that is none';
    head.rawHeaders.push(name, value);
    if (!absorb(head, codings, name.toLowerCase(), value)) return 'two lengths';
  }
  const chunked = codings.length > 0;
  if (chunked && (codings.join() !== 'chunked' || head.length !== null)) return 'an unclear transfer coding';
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) head.framing = 'none';
  else if (chunked) head.framing = 'chunked';
  else if (head.length !== null) head.framing = 'length';
  else head.keepAlive = false;
  return head;
}

/** @returns false when the length is not clear. */
function absorb(head: AnswerHead, codings: string[], name: string, value: string): boolean {
  switch (name) {
    case 'content-length': {
      const again = head.length !== null && head.length !== Number(value);
      head.length = Number(value);
      return /^\d{1,15}$/.test(value) && !again;
    }
    case 'transfer-encoding':
      codings.push(value.toLowerCase());
      return true;
    case 'connection':
      if (/\bclose\b/i.test(value)) head.keepAlive = false;
      else if (/\bkeep-alive\b/i.test(value)) head.keepAlive = true;
      return true;
    case 'content-type':
      head.contentType = (value.split(';')[0] ?? '').trim().toLowerCase();
      return true;
    case 'retry-after':
      head.retryAfter = value;
      return true;
    default:
      return true;
  }
}
