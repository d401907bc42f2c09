import type { Kept } from './kept.js';
import { NO_REQUEST, type RequestHead } from './request.js';

/** What an answer goes out on. */
export interface Outlet {
  /** The client's address. */
  readonly peer: string;
  /** Bytes that the client has not taken yet. */
  readonly untaken: number;
  /** Status line and headers. @param fields with their line ends @param last nothing more is said afterwards */
  headOf(status: number, reason: string, fields: string, last: boolean): string;
  /** One character a byte (latin1). @returns false when the client takes it slower than it comes */
  write(text: string): boolean;
  /** The rest of an answer; the pieces are not touched before the call is closed. */
  finish(pieces: readonly (Buffer | string)[]): void;
  onTaken(run: () => void): void;
  limitTaking(ms: number): void;
  destroy(): void;
}

/** One request of a client, and what it gets for it: one whole answer, or one that is begun and passed on as it comes. */
export class Call {
  headSent = false;
  /** Its answer is out, or its client is gone. */
  over = false;
  /** Called once it is over. */
  onOver: (() => void) | null = null;
  private chunked = false;
  /** What is on its way out. */
  private kept: Kept | null = null;

  constructor(
    private readonly outlet: Outlet,
    private request: RequestHead,
  ) {}

  /** Its head; an empty one once it is over. */
  get head(): RequestHead {
    return this.request;
  }

  get peer(): string {
    return this.outlet.peer;
  }

  /** May nothing of the answer's body be said? */
  private get isHead(): boolean {
    return this.head.method === 'HEAD';
  }

  /**
   * All of it, in one write.
   * @param fields header lines with their ends, `Content-Length` too
   * @param body one character a byte (latin1), or what is kept, which is ours from now on
   * @param last nothing more is read from this connection
   */
  answer(status: number, reason: string, fields: string, body: string | Kept, last = false): void {
    this.headSent = true;
    const head = this.outlet.headOf(status, reason, fields, last || !this.head.keepAlive);
    if (this.isHead) return this.outlet.finish([head]);
    if (typeof body === 'string') return this.outlet.finish([head + body]);
    this.kept = body;
    this.outlet.finish(body.pieces(head));
  }

  /** The head, of an answer that is passed on as it comes. @param length of the body, null: not known yet */
  begin(status: number, reason: string, fields: string, length: number | null): void {
    this.headSent = true;
    const without = this.isHead || status === 204 || status === 304;
    this.chunked = length === null && !without && this.head.knowsChunks;
    // HTTP/1.0 knows the end of such a body only by the end of the connection (RFC 9112 §6.3).
    const last = !this.head.keepAlive || (length === null && !without && !this.chunked);
    const framing = this.chunked ? 'Transfer-Encoding: chunked\r\n' : '';
    this.outlet.write(this.outlet.headOf(status, reason, fields + framing, last));
  }

  /** Some of its body (latin1). @returns false when the client takes it slower than it comes */
  write(part: string): boolean {
    if (this.isHead || part === '') return true;
    return this.outlet.write(this.chunked ? `${part.length.toString(16)}\r\n${part}\r\n` : part);
  }

  end(): void {
    this.outlet.finish(this.chunked ? ['0\r\n\r\n'] : []);
  }

  /** The client may send its body (RFC 9110 §10.1.1). */
  goOn(): void {
    if (this.head.expectsContinue && this.head.knowsChunks)
      this.outlet.write('HTTP/1.1 100 Continue\r\n\r\n');
  }

  /** Cuts the connection: what was begun can't be unsaid, and must not look whole. */
  destroy(): void {
    this.outlet.destroy();
  }

  /** Bytes of the answer that the client has not taken yet. */
  get untaken(): number {
    return this.outlet.untaken;
  }

  /** Calls it once the client has taken what there is, if it ever does. */
  onTaken(run: () => void): void {
    this.outlet.onTaken(run);
  }

  /** A client that takes nothing for so long is cut off; 0: none is. */
  limitTaking(ms: number): void {
    this.outlet.limitTaking(ms);
  }

  /** Its connection's word that it is over. @param taken the kernel has all of the answer; else it may still be reading it */
  close(taken: boolean): void {
    if (this.over) return;
    this.over = true;
    if (taken) this.kept?.release();
    this.kept = null;
    this.onOver?.();
    // Cut, since the collector's quick rounds would copy all of it until the next full one: see proxy/job.ts, letGo.
    this.onOver = null;
    this.request = NO_REQUEST;
  }
}
