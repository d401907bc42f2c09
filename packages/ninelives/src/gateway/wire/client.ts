import type { Socket } from 'node:net';
import { Call, type Outlet } from './call.js';
import { type Objection, type RequestHead, RequestParser, type RequestSink } from './request.js';

/** Bounds of one connection. */
export interface ClientLimits {
  headMax: number;
  /** A head, and a whole request, must be here by then: a slow sender costs a connection, not more. */
  headMs: number;
  requestMs: number;
  /** Longer than common tunnels keep theirs (cloudflared: 90 s), so that they never write into one that just closed. */
  keepAliveMs: number;
  /** What may come of further requests before the first is answered, bytes; hardly a client sends any. */
  aheadMax: number;
}

/** Who deals with what comes on a connection. */
export interface ClientHandler {
  /** A head is here. @returns who takes its body; null: it is answered already, and its body is dropped */
  begin(call: Call): Visit | null;
  /** What came is no request that we take, or came too slowly. @returns the answer to that, head and all */
  refusal(why: Objection | 'too-slow'): string;
  /** A client took nothing of its answer for too long. */
  notTaken(): void;
}

/** A request whose body is being read. */
export interface Visit {
  /** Some of it. @returns false: it is answered already, and the rest is dropped */
  body(bytes: Buffer): boolean;
  /** All of it is here. */
  whole(): void;
  /** It will never be whole. */
  cut(): void;
}

/** After our last word the client's are read and dropped for so long, lest a reset take that word from it (RFC 9112 §9.6). */
const LINGER_MS = 2_000;
const NOTHING = Buffer.alloc(0);

/** One connection of a client: one request after the other, each answered before the next is looked at. */
export class ClientConnection implements RequestSink, Outlet {
  readonly peer: string;
  /** Until when something must have happened here; whoever holds the connection looks now and then. */
  dueMs: number;
  private parser: RequestParser;
  /** Of the request that is being read or answered. */
  private call: Call | null = null;
  private begunMs = 0;
  /** What came and was not read yet. */
  private ahead: Buffer = NOTHING;
  private proceeding = false;
  /** While its body is wanted. */
  private visit: Visit | null = null;
  /** All of the answer is said, and not all of it taken. */
  private finishing = false;
  /** The answer at hand, or else the next one, is our last word here. */
  private last = false;
  private leaving = false;
  private takingMs = 0;

  constructor(
    private readonly socket: Socket,
    private readonly limits: ClientLimits,
    private readonly handler: ClientHandler,
    private readonly nowMs: () => number,
  ) {
    this.peer = socket.remoteAddress ?? 'unknown';
    this.parser = new RequestParser(limits.headMax, this);
    this.dueMs = nowMs() + limits.headMs;
    socket.on('data', (bytes: Buffer) => this.read(bytes));
    socket.on('end', () => this.ended());
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => this.closed());
    socket.on('timeout', () => {
      handler.notTaken();
      socket.destroy();
    });
  }

  /** Nothing of a request is here, and nothing of an answer on its way. */
  get idle(): boolean {
    return this.call === null && !this.parser.begun;
  }

  get untaken(): number {
    return this.socket.writableLength;
  }

  /** @internal RequestSink */
  head(head: RequestHead): void {
    this.call = new Call(this, head);
    this.visit = this.handler.begin(this.call);
  }

  /** @internal RequestSink */
  body(bytes: Buffer): void {
    if (this.visit?.body(bytes) === false) this.visit = null;
  }

  headOf(status: number, reason: string, fields: string, last: boolean): string {
    if (last) this.last = true;
    const keep = `keep-alive\r\nKeep-Alive: timeout=${Math.floor(this.limits.keepAliveMs / 1_000)}`;
    return `HTTP/1.1 ${status} ${reason}\r\n${fields}Connection: ${this.last ? 'close' : keep}\r\n\r\n`;
  }

  write(text: string): boolean {
    return this.socket.write(text, 'latin1');
  }

  /** Once all of it is taken comes the next request. */
  finish(pieces: readonly (Buffer | string)[]): void {
    const { socket } = this;
    this.finishing = true;
    if (pieces.length > 1) socket.cork();
    for (const piece of pieces) socket.write(piece, 'latin1');
    if (pieces.length > 1) socket.uncork();
    // Mostly the kernel has it by now.
    if (socket.writableLength === 0) this.answered();
    else socket.write('', 'latin1', (error) => (error ? undefined : this.answered()));
  }

  onTaken(run: () => void): void {
    this.socket.once('drain', run);
  }

  /** Of silence: each byte that is taken begins it anew. 0: no limit. */
  limitTaking(ms: number): void {
    this.takingMs = ms;
    this.socket.setTimeout(ms);
  }

  /** The next answer is the last one. */
  drain(): void {
    this.last = true;
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** `dueMs` has passed. */
  overdue(): void {
    if (this.leaving || !this.parser.begun) return this.destroy();
    this.refuse('too-slow');
  }

  private read(bytes: Buffer): void {
    if (this.leaving) return;
    this.ahead = this.ahead.length === 0 ? bytes : Buffer.concat([this.ahead, bytes]);
    this.proceed();
  }

  /** Reads on, as far as it is its turn. */
  private proceed(): void {
    if (this.proceeding) return; // what was answered at once is gone on from below
    this.proceeding = true;
    while (this.ahead.length > 0 && !this.leaving && !this.isAnswering()) this.readOn();
    this.proceeding = false;
    if (this.ahead.length > this.limits.aheadMax) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
  }

  private isAnswering(): boolean {
    return this.parser.done && this.call?.over === false;
  }

  private readOn(): void {
    const { parser, limits } = this;
    if (!parser.begun) this.begunMs = this.nowMs();
    const next = parser.feed(this.ahead);
    if (!Buffer.isBuffer(next)) return this.refuse(next);
    this.ahead = next;
    if (this.leaving || this.parser !== parser) return; // it was answered at its head
    if (!parser.done) {
      this.dueMs = this.begunMs + (parser.hasHead ? limits.requestMs : limits.headMs);
      return;
    }
    this.dueMs = Number.POSITIVE_INFINITY;
    const { visit } = this;
    this.visit = null;
    visit?.whole();
    this.goOn();
  }

  private answered(): void {
    const { call } = this;
    if (!call || call.over || this.socket.destroyed) return;
    this.finishing = false;
    if (this.takingMs > 0) this.limitTaking(0);
    call.close(true);
    if (this.last) return this.leave();
    this.goOn();
    this.proceed();
  }

  /** To the next request, if this one is read and answered. */
  private goOn(): void {
    if (!this.parser.done || this.call?.over === false || this.leaving) return;
    this.call = null;
    this.parser = new RequestParser(this.limits.headMax, this);
    this.dueMs = this.nowMs() + this.limits.keepAliveMs;
  }

  private refuse(why: Objection | 'too-slow'): void {
    if (this.call?.headSent) return this.destroy(); // our words would end up inside that answer, or after the last one
    this.giveUp();
    this.socket.write(this.handler.refusal(why), 'latin1');
    this.leave();
  }

  private leave(): void {
    this.leaving = true;
    this.ahead = NOTHING;
    this.dueMs = this.nowMs() + LINGER_MS;
    this.socket.end();
    this.socket.resume();
  }

  /** It says no more: it has left, whatever it still waits for. A whole answer is given to the end. */
  private ended(): void {
    if (this.leaving) return;
    if (this.finishing) this.last = true;
    else this.destroy();
  }

  private closed(): void {
    this.dueMs = Number.POSITIVE_INFINITY;
    this.giveUp();
  }

  /** Nothing comes of the request at hand. */
  private giveUp(): void {
    this.visit?.cut();
    this.visit = null;
    this.call?.close(false);
  }
}
