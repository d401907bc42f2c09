import { randomUUID } from 'node:crypto';

/** A name that nobody else has given (RFC 9562, version 4). */
export function newUuid(): string {
  return randomUUID();
}
