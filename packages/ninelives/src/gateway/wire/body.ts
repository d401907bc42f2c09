import { isField } from './field.js';

/** How the end of a body is known (RFC 9112 §6.3). */
export type Framing = 'none' | 'length' | 'chunked' | 'until-close';

type Phase = 'length' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'done';

const CHUNK_LINE_MAX = 4_096;
/** More than a proxy needs to know of what comes after the last chunk. */
const TRAILERS_MAX = 16 * 1_024;

export interface BodySink {
  /** Body bytes, out of their framing; theirs only until it returns: the next read may fill the same buffer. */
  body(bytes: Buffer): void;
}

/** Takes the bytes of one body out of their framing, as they come. Whatever the bytes, it does not throw. */
export class BodyParser {
  private phase: Phase;
  /** A chunk line whose end has not come yet. */
  private rest: Buffer | null = null;
  private trailers = 0;

  constructor(
    framing: Framing,
    private left: number,
    private readonly sink: BodySink,
  ) {
    if (framing === 'none' || (framing === 'length' && left === 0)) this.phase = 'done';
    else this.phase = framing === 'chunked' ? 'chunk-size' : framing;
  }

  /** The body is whole. */
  get done(): boolean {
    return this.phase === 'done';
  }

  /** @returns what comes after the bytes that it took, or a clause for the log when this is no valid body */
  feed(bytes: Buffer): Buffer | string {
    switch (this.phase) {
      case 'done':
        return bytes;
      case 'until-close':
        this.sink.body(bytes);
        return bytes.subarray(bytes.length);
      case 'length':
      case 'chunk':
        return this.takeBytes(bytes);
      default:
        return this.takeLine(bytes);
    }
  }

  /** The connection has ended. @returns whether the body is whole. */
  eof(): boolean {
    if (this.phase === 'until-close') this.phase = 'done';
    return this.done;
  }

  private takeBytes(bytes: Buffer): Buffer {
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
      this.rest = Buffer.from(all); // a copy: see BodySink
      return bytes.subarray(bytes.length);
    }
    this.rest = null;
    const line = all.toString('latin1', 0, end);
    const after = all.subarray(end + 2);
    if (this.phase === 'chunk-end') {
      if (line !== '') return 'a chunk longer than it says';
      this.phase = 'chunk-size';
    } else if (this.phase === 'trailers') {
      this.trailers += line.length;
      if (this.trailers > TRAILERS_MAX) return 'trailers without an end';
      if (line === '') this.phase = 'done';
      else if (!isField(line)) return 'a trailer that is none';
    } else {
      const size = /^([0-9a-fA-F]{1,8})(?:;[\t\x20-\x7e]*)?$/.exec(line)?.[1];
      if (size === undefined) return 'a chunk without a size';
      this.left = Number.parseInt(size, 16);
      this.phase = this.left === 0 ? 'trailers' : 'chunk';
    }
    return after;
  }
}
