import type { Visit } from '../wire/client.js';
import type { Objection, RequestHead } from '../wire/request.js';
import type { Problem } from './speak.js';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** What is well-formed, and not meant for a server like this. */
export function objectionTo({ method, target, length }: RequestHead, bodyMax: number): Problem | null {
  if (!METHODS.has(method)) {
    const message = `The method ${method} is not for a model API.`;
    return { status: 405, type: 'invalid_request_error', code: 'method_not_allowed', message, close: true };
  }
  if (!target.startsWith('/')) {
    const message = 'The target must be a path.';
    return { status: 400, type: 'invalid_request_error', code: 'bad_request', message, close: true };
  }
  return length > bodyMax ? tooLarge(bodyMax) : null;
}

/** What is no request, or could be read in two ways, or came too slowly. */
export function problemOf(why: Objection | 'too-slow'): Problem {
  const type = 'invalid_request_error';
  if (why === 'too-slow') {
    return { status: 408, type, code: 'too_slow', message: 'The request did not arrive in time.' };
  }
  return { status: why.status, type, code: why.code, message: `This is not a valid request: ${why.why}.` };
}

function tooLarge(bodyMax: number): Problem {
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

/** Memory for bodies that are still being read, all together: a thousand slow senders must not fill it. */
export interface IntakeRoom {
  bytes: number;
  max: number;
}

/** One body, until it is whole. The client's framing ends here: it goes on with a length of our own. */
export class Intake implements Visit {
  private readonly parts: Buffer[] = [];
  private bytes = 0;

  constructor(
    private readonly bodyMax: number,
    private readonly room: IntakeRoom,
    private readonly then: {
      tooMuch(problem: Problem): void;
      whole(parts: readonly Buffer[], bytes: number): void;
    },
  ) {}

  body(part: Buffer): boolean {
    this.bytes += part.length;
    this.room.bytes += part.length;
    this.parts.push(part);
    const problem = this.objection();
    if (!problem) return true;
    this.cut();
    this.then.tooMuch(problem);
    return false;
  }

  whole(): void {
    this.cut();
    this.then.whole(this.parts, this.bytes);
  }

  /** It takes no room of those that are being read any more. */
  cut(): void {
    this.room.bytes -= this.bytes;
  }

  private objection(): Problem | null {
    if (this.bytes > this.bodyMax) return tooLarge(this.bodyMax);
    return this.room.bytes > this.room.max ? noRoom() : null;
  }
}
