import { BodyParser, type BodySink, type Framing } from './body.js';
import { fieldValue, TOKEN } from './field.js';

/** The head of a client's request. Header names and values as they came: name, value, name, value … */
export interface RequestHead {
  method: string;
  target: string;
  rawHeaders: string[];
  /** HTTP/1.1; else 1.0, which knows no chunks. */
  knowsChunks: boolean;
  /** May another request come on the same connection? */
  keepAlive: boolean;
  framing: Framing;
  length: number;
  expectsContinue: boolean;
  /** What `Connection` says, where that is more than close or keep-alive. */
  connection: string | null;
  host: string;
  authorization: string | undefined;
  apiKey: string | undefined;
  requestId: string | undefined;
  forwardedFor: string | undefined;
  forwardedProto: string | undefined;
  forwardedHost: string | undefined;
}

/** Why a request is not taken: `not-http` can't be read at all, the others could be read in two ways, or mean nothing here. */
export interface Objection {
  status: 400 | 417 | 431;
  code: 'not_http' | 'bad_request' | 'head_too_large';
  why: string;
}

const START = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([\x21-\x7e]+) HTTP\/1\.([01])$/;
const LENGTH = /^\d{1,15}$/;
const HEADERS_MAX = 500;

/**
 * The head of a request, up to and without the empty line (RFC 9112 §3, §5, §6). Stricter than it asks for: what two
 * servers could read in two ways is refused (request smuggling, §11.2), and nothing of it is mended.
 */
export function parseRequest(text: string): RequestHead | Objection {
  const lines = text.split('\r\n');
  const start = START.exec(lines[0] as string);
  if (!start) return notHttp('the first line is none of HTTP/1.1');
  if (lines.length > HEADERS_MAX) return { status: 431, code: 'head_too_large', why: 'too many headers' };
  const knowsChunks = start[3] === '1';
  const head = headOf(start[1] as string, start[2] as string, knowsChunks);
  const seen = { hosts: 0, framings: 0 };
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] as string;
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = fieldValue(line, colon);
    if (colon < 1 || value === null || !TOKEN.test(name)) return notHttp('a header that is none');
    head.rawHeaders.push(name, value);
    const objection = absorb(head, seen, name.toLowerCase(), value, line);
    if (objection) return objection;
  }
  if (seen.framings > 1) return bad('the length of the body is unclear');
  if (seen.hosts > 1) return bad('more than one Host');
  if (seen.hosts === 0 && knowsChunks) return bad('no Host'); // RFC 9112 §3.2
  if (head.framing === 'chunked' && !knowsChunks) return bad('chunks in HTTP/1.0');
  return head;
}

function headOf(method: string, target: string, knowsChunks: boolean): RequestHead {
  return {
    method,
    target,
    rawHeaders: [],
    knowsChunks,
    keepAlive: knowsChunks,
    framing: 'none',
    length: 0,
    expectsContinue: false,
    connection: null,
    host: '',
    authorization: undefined,
    apiKey: undefined,
    requestId: undefined,
    forwardedFor: undefined,
    forwardedProto: undefined,
    forwardedHost: undefined,
  };
}

/** In the place of one that is over. */
export const NO_REQUEST: Readonly<RequestHead> = headOf('', '', true);

function absorb(
  head: RequestHead,
  seen: { hosts: number; framings: number },
  name: string,
  value: string,
  line: string,
): Objection | null {
  // Tabs beside a value are allowed (RFC 9110 §5.6.3), but where the body's end hangs on it not everybody takes them.
  switch (name) {
    case 'content-length':
      seen.framings += 1;
      if (!LENGTH.test(value) || line.includes('\t')) return bad('a length that is no number');
      head.framing = 'length';
      head.length = Number(value);
      return null;
    case 'transfer-encoding':
      seen.framings += 1;
      head.framing = 'chunked';
      return value.toLowerCase() === 'chunked' && !line.includes('\t')
        ? null
        : bad('only chunked bodies are understood');
    case 'host':
      seen.hosts += 1;
      head.host = value;
      return null;
    case 'connection':
      absorbConnection(head, value);
      return null;
    case 'expect':
      head.expectsContinue = true;
      if (value.toLowerCase() === '100-continue') return null;
      return { status: 417, code: 'bad_request', why: 'only 100-continue can be expected' };
    case 'authorization':
      head.authorization = value;
      return null;
    case 'x-api-key':
      head.apiKey = value;
      return null;
    case 'x-request-id':
      head.requestId = value;
      return null;
    case 'x-forwarded-for':
      head.forwardedFor = head.forwardedFor === undefined ? value : `${head.forwardedFor}, ${value}`;
      return null;
    case 'x-forwarded-proto':
      head.forwardedProto = value;
      return null;
    case 'x-forwarded-host':
      head.forwardedHost = value;
      return null;
    default:
      return null;
  }
}

function absorbConnection(head: RequestHead, value: string): void {
  if (value === 'keep-alive' || value === 'Keep-Alive') {
    head.keepAlive = true;
    return;
  }
  if (/(^|,)\s*close\s*(,|$)/i.test(value)) head.keepAlive = false;
  else if (/(^|,)\s*keep-alive\s*(,|$)/i.test(value)) head.keepAlive = true;
  head.connection = head.connection === null ? value : `${head.connection}, ${value}`;
}

function bad(why: string): Objection {
  return { status: 400, code: 'bad_request', why };
}

function notHttp(why: string): Objection {
  return { status: 400, code: 'not_http', why };
}

export interface RequestSink extends BodySink {
  head(head: RequestHead): void;
}

const END = '\r\n\r\n';

/** Reads one request, as its bytes come. Whatever the bytes, it does not throw. */
export class RequestParser {
  private rest: Buffer | null = null;
  private body: BodyParser | null = null;

  constructor(
    private readonly headMax: number,
    private readonly sink: RequestSink,
  ) {}

  /** Some of it is here. */
  get begun(): boolean {
    return this.rest !== null || this.body !== null;
  }

  /** Its head is here. */
  get hasHead(): boolean {
    return this.body !== null;
  }

  /** The request is whole. */
  get done(): boolean {
    return this.body?.done === true;
  }

  /** @returns what comes after the bytes that it took: of this request or of the next, if it is whole */
  feed(bytes: Buffer): Buffer | Objection {
    if (!this.body) return this.takeHead(bytes);
    const next = this.body.feed(bytes);
    return typeof next === 'string' ? bad(next) : next;
  }

  private takeHead(bytes: Buffer): Buffer | Objection {
    const all = this.rest ? Buffer.concat([this.rest, bytes]) : bytes;
    // An empty line before a request is left over from the one before (RFC 9112 §2.2).
    const from = all[0] === 13 && all[1] === 10 ? 2 : 0;
    const end = all.indexOf(END, from);
    if (end < 0 || end > this.headMax) {
      if (all.length > this.headMax) return { status: 431, code: 'head_too_large', why: 'a head too large' };
      const early = tooEarly(all, from);
      if (early) return early;
      this.rest = all;
      return bytes.subarray(bytes.length);
    }
    this.rest = null;
    const head = parseRequest(all.toString('latin1', from, end));
    if ('why' in head) return head;
    this.body = new BodyParser(head.framing, head.length, this.sink);
    this.sink.head(head);
    return all.subarray(end + END.length);
  }
}

/** What begins like this never becomes a request: TLS, a bare line feed, noise. It need not be waited for. */
function tooEarly(bytes: Buffer, from: number): Objection | null {
  const lineEnd = bytes.indexOf('\n', from);
  if (lineEnd >= 0 && bytes[lineEnd - 1] !== 13) return notHttp('a line that ends without CR');
  const first = bytes[from];
  const isLetter = first === undefined || first === 13 || (first > 0x20 && first < 0x7f);
  return isLetter ? null : notHttp('the first line is none of HTTP/1.1');
}
