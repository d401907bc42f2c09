import { type AnswerHead, HEAD_BYTES_MAX, parseHead } from './answer.js';
import { BodyParser, type BodySink } from './body.js';

export interface AnswerSink extends BodySink {
  head(head: AnswerHead): void;
}

/** Reads one answer, as its bytes come. Whatever the bytes, it does not throw. */
export class AnswerParser {
  /** A head whose end has not come yet. */
  private rest: Buffer | null = null;
  private body: BodyParser | null = null;
  /** May the connection carry another answer after this one? */
  keepAlive = false;

  constructor(
    private readonly method: string,
    private readonly sink: AnswerSink,
  ) {}

  /** The answer is whole. */
  get done(): boolean {
    return this.body?.done === true;
  }

  /** @returns a clause for the log when this is no valid answer; null while it is. */
  feed(chunk: Buffer): string | null {
    let bytes = chunk;
    while (bytes.length > 0) {
      if (this.done) {
        this.keepAlive = false; // more than was asked for
        return null;
      }
      const next = this.body ? this.body.feed(bytes) : this.takeHead(bytes);
      if (typeof next === 'string') return next;
      bytes = next;
    }
    return null;
  }

  /** The connection has ended. @returns whether the answer is whole. */
  eof(): boolean {
    return this.body?.eof() === true;
  }

  private takeHead(bytes: Buffer): Buffer | string {
    const all = this.rest ? Buffer.concat([this.rest, bytes]) : bytes;
    const end = all.indexOf('\r\n\r\n');
    if (end < 0 || end > HEAD_BYTES_MAX) {
      if (all.length > HEAD_BYTES_MAX) return 'a head without an end';
      this.rest = Buffer.from(all); // a copy: see BodySink
      return bytes.subarray(bytes.length);
    }
    this.rest = null;
    const head = parseHead(all.toString('latin1', 0, end), this.method);
    if (typeof head === 'string') return head;
    const after = all.subarray(end + 4);
    if (head.status < 200) return head.status === 101 ? 'a change of protocol' : after; // the real one follows
    this.keepAlive = head.keepAlive;
    this.body = new BodyParser(head.framing, head.length ?? 0, this.sink);
    this.sink.head(head);
    return after;
  }
}
