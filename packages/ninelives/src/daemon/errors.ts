/** The daemon can't begin, and nothing was touched. `hint` is the next command to type. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  constructor(
    readonly code:
      | 'STATE_IN_USE'
      | 'PORT_IN_USE'
      | 'EMBEDDER_MISSING'
      | 'NOT_RUNNING'
      | 'NOT_STARTABLE'
      | 'NOTHING_TO_WATCH',
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}
