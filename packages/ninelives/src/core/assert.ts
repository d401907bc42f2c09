/** A bug of ours, never an operating error: the daemon logs it and exits 70; whoever runs it starts it again. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
  readonly code = 'INVARIANT';
  constructor(
    /** I1 … I11 of DESIGN.md, or a place in the code. */
    readonly invariant: string,
    message: string,
  ) {
    super(`${invariant}: ${message}`);
  }
}

/** States what must hold; stays on in production, because durable state makes crashing safer than going on wrong. */
export function assert(condition: boolean, invariant: string, message: string): asserts condition {
  if (!condition) throw new InvariantError(invariant, message);
}

/** Exhaustiveness: a new member of a union that nobody handles is a compile error here. */
export function assertNever(value: never): never {
  throw new InvariantError('total', `unhandled ${JSON.stringify(value)}`);
}
