/** Exit codes of the command, shared by every place that can end the process. */
export const EXIT = { ok: 0, engineDied: 1, usage: 2, environment: 3, bug: 70 } as const;

const CODES = {
  USAGE: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  MODEL_INVALID: EXIT.environment,
  MODEL_UNAVAILABLE: EXIT.environment,
  CACHE_UNUSABLE: EXIT.environment,
  ADDRESS_IN_USE: EXIT.environment,
  ADDRESS_UNUSABLE: EXIT.environment,
  ENGINE_LOAD_FAILED: EXIT.environment,
} as const;

export type ErrorCode = keyof typeof CODES;

/**
 * An operating error: `message` says what and why in one or more lines, `hint` is what to type next.
 * Anything else that reaches `main` is a bug and exits 70.
 */
export class EmbedderError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'EmbedderError';
    this.code = code;
    this.hint = hint;
  }

  /** The process exit status that belongs to this error. */
  get exitCode(): number {
    return CODES[this.code];
  }
}

/** The text of anything thrown; where that is only fetch's "fetch failed", the cause that it hides too. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message || codeOf(error) || error.name;
  const saysNothing = error instanceof TypeError && error.cause instanceof Error;
  return saysNothing ? `${own}: ${messageOf(error.cause)}` : own;
}

/** The system error code (`EADDRINUSE`, `ENOENT`) of anything thrown, or of its cause. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return (error as NodeJS.ErrnoException).code ?? codeOf(error.cause);
}
