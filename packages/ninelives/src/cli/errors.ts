/** Exit codes that scripts can rely on. */
export const EXIT = {
  fine: 0,
  unhealthy: 1,
  usage: 2,
  environment: 3,
  bug: 70,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What went wrong for the person at the terminal: what and why in `message`, what to type next in `hint`. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    message: string,
    readonly exit: ExitCode,
    readonly hint: string | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
