import { connect, type Socket } from 'node:net';
import type { CopyFailure } from '../types.js';
import type { AnswerHead } from './answer.js';
import { AnswerParser } from './parser.js';

/** One request as it goes over the wire. */
export interface Outgoing {
  method: string;
  /** Request line and headers, with the empty line. */
  head: string;
  body: readonly Buffer[];
}

/** Told how a request goes. Exactly one of `end` and `failed` comes, and nothing after it; neither after an abort. */
export interface AnswerListener {
  head(head: AnswerHead): void;
  body(bytes: Buffer): void;
  end(): void;
  failed(how: CopyFailure, detail: string): void;
}

/** Up to here copying a body costs less than a second buffer in the same system call. */
const ONE_WRITE_MAX = 8_192;

/** One connection to the backend, with one request on it at a time. */
export class Connection {
  private readonly socket: Socket;
  private connected = false;
  private settled = () => {};
  private parser: AnswerParser | null = null;
  private listener: AnswerListener | null = null;
  idleSinceMs = 0;

  constructor(
    address: { host: string; port: number },
    /** Reads go here, one after the other; nothing of it is kept beyond the read. */
    into: Buffer,
    /** Nothing is on it any more, and it may be used again or not. */
    private readonly onFree: (connection: Connection, reusable: boolean) => void,
  ) {
    const callback = (count: number) => {
      this.read(into.subarray(0, count));
      return true;
    };
    const settings = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 10_000 };
    this.socket = connect({ ...address, ...settings, onread: { buffer: into, callback } });
    this.socket.on('connect', () => {
      this.connected = true;
      this.settled();
    });
    this.socket.on('end', () => this.ended('it closed the connection'));
    this.socket.on('error', (error) => this.ended(error.message));
    this.socket.on('close', () => this.ended('the connection closed'));
  }

  /** `run` is called once it is clear whether there is a connection. */
  onceSettled(run: () => void): void {
    this.settled = run;
  }

  giveUpConnecting(): void {
    if (!this.connected) this.fail('refused', 'no connection in time');
  }

  send({ method, head, body }: Outgoing, listener: AnswerListener): void {
    this.listener = listener;
    this.parser = new AnswerParser(method, listener);
    const [first] = body;
    if (body.length < 2 && (first?.length ?? 0) <= ONE_WRITE_MAX) {
      this.socket.write(first ? head + first.toString('latin1') : head, 'latin1');
      return;
    }
    this.socket.cork();
    this.socket.write(head, 'latin1');
    for (const part of body) this.socket.write(part);
    this.socket.uncork();
  }

  /** Whatever is on it is not wanted any more. */
  abort(): void {
    this.listener = null;
    this.parser = null;
    this.settled();
    this.socket.destroy();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  private read(bytes: Buffer): void {
    const { parser } = this;
    // Nobody asked: the next answer would be another's.
    if (!parser) return this.fail('cut', 'bytes that nobody asked for');
    const wrong = parser.feed(bytes);
    if (this.parser !== parser) return; // aborted meanwhile
    if (wrong !== null) return this.fail('invalid', wrong);
    if (parser.done) this.complete(parser.keepAlive);
  }

  private complete(reusable: boolean): void {
    const { listener } = this;
    this.listener = null;
    this.parser = null;
    if (reusable) this.socket.resume();
    else this.socket.destroy();
    this.onFree(this, reusable);
    listener?.end();
  }

  private ended(detail: string): void {
    if (this.parser?.eof()) return this.complete(false);
    this.fail(this.connected ? 'cut' : 'refused', detail);
  }

  private fail(how: CopyFailure, detail: string): void {
    const { listener } = this;
    this.listener = null;
    this.parser = null;
    this.settled();
    this.socket.destroy();
    this.onFree(this, false);
    listener?.failed(how, detail);
  }
}
