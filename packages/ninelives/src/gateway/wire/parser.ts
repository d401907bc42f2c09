import { type AnswerHead, HEAD_BYTES_MAX, parseHead } from './answer.js';

export interface AnswerSink {
  head(head: AnswerHead): void;
  /** Body bytes, out of their chunks; theirs only until it returns, since the next read fills the same buffer. */
  body(bytes: Buffer): void;
}

type Phase = 'head' | 'length' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'done';

const CHUNK_LINE_MAX = 4_096;

/** Reads one answer, as its bytes come. Whatever the bytes, it does not throw. */
export class AnswerParser {
  private phase: Phase = 'head';
  /** Head or chunk line whose end has not come yet. */
  private rest: Buffer | null = null;
  private left = 0;
  /** May the connection carry another answer after this one? */
  keepAlive = false;

  constructor(
    private readonly method: string,
    private readonly sink: AnswerSink,
  ) {}

  /** The answer is whole. */
  get done(): boolean {
    return this.phase === 'done';
  }

  /** @returns a clause for the log when this is no valid answer; null while it is. */
  feed(chunk: Buffer): string | null {
    let bytes = chunk;
    while (bytes.length > 0) {
      if (this.done) {
        this.keepAlive = false; // more than was asked for
        return null;
      }
      const next = this.take(bytes);
      if (typeof next === 'string') return next;
      bytes = next;
    }
    return null;
  }

  /** The connection has ended. @returns whether the answer is whole. */
  eof(): boolean {
    if (this.phase === 'until-close') this.phase = 'done';
    return this.done;
  }

  private take(bytes: Buffer): Buffer | string {
    switch (this.phase) {
      case 'head':
        return this.takeHead(bytes);
      case 'until-close':
        this.sink.body(bytes);
        return bytes.subarray(bytes.length);
      case 'length':
      case 'chunk':
        return this.takeBody(bytes);
      default:
        return this.takeLine(bytes);
    }
  }

  private takeHead(bytes: Buffer): Buffer | string {
    const all = this.rest ? Buffer.concat([this.rest, bytes]) : bytes;
    const end = all.indexOf('\r\n\r\n');
    if (end < 0 || end > HEAD_BYTES_MAX) {
      if (all.length > HEAD_BYTES_MAX) return 'a head without an end';
      this.rest = Buffer.from(all); // a copy: see AnswerSink
      return bytes.subarray(bytes.length);
    }
    this.rest = null;
    const head = parseHead(all.toString('latin1', 0, end), this.method);
    if (typeof head === 'string') return head;
    const after = all.subarray(end + 4);
    if (head.status < 200) return head.status === 101 ? 'a change of protocol' : after; // the real one follows
    const { framing } = head;
    this.keepAlive = head.keepAlive;
    this.left = head.length ?? 0;
    if (framing === 'none' || (framing === 'length' && this.left === 0)) this.phase = 'done';
    else this.phase = framing === 'chunked' ? 'chunk-size' : framing;
    this.sink.head(head);
    return after;
  }

  private takeBody(bytes: Buffer): Buffer {
    const part = bytes.length <= this.left ? bytes : bytes.subarray(0, this.left);
    this.left -= part.length;
    if (this.left === 0) this.phase = this.phase === 'chunk' ? 'chunk-end' : 'done';
    this.sink.body(part);
    return bytes.subarray(part.length);
  }

  private takeLine(bytes: Buffer): Buffer | string {
    const all = this.rest ? Buffer.concat([this.rest, bytes]) : bytes;
    const end = all.indexOf('\r\n');
    if (end < 0 || end > CHUNK_LINE_MAX) {
      if (all.length > CHUNK_LINE_MAX) return 'a chunk line without an end';
      this.rest = Buffer.from(all); // a copy: see AnswerSink
      return bytes.subarray(bytes.length);
    }
    this.rest = null;
    const line = all.toString('latin1', 0, end);
    const after = all.subarray(end + 2);
    if (this.phase === 'chunk-end') {
      if (line !== '') return 'a chunk longer than it says';
      this.phase = 'chunk-size';
    } else if (this.phase === 'trailers') {
      if (line === '') this.phase = 'done';
    } else {
      const size = /^([0-9a-fA-F]{1,8})[ \t]*(?:;.*)?$/.exec(line)?.[1];
      if (size === undefined) return 'a chunk without a size';
      this.left = Number.parseInt(size, 16);
      this.phase = this.left === 0 ? 'trailers' : 'chunk';
    }
    return after;
  }
}
