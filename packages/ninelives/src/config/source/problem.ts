/** One thing that is wrong with the configuration, and where. */
export interface Problem {
  /** The file, or "command line". */
  file: string;
  /** 1-based; null for the command line, and for a file that can't be read. */
  line: number | null;
  column: number | null;
  /** `services[0].probe.every`, `--port`, or '' for the whole. */
  path: string;
  message: string;
  /** What was probably meant. */
  suggestion: string | null;
}

/** Thrown with every problem at once; nothing was touched. Exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'CONFIG_INVALID';

  constructor(
    readonly problems: Problem[],
    /** What to do next. */
    readonly hint: string,
    cause?: unknown,
  ) {
    super(problems.map(formatProblem).join('\n'), cause === undefined ? {} : { cause });
  }
}

/** `ninelives.yaml:12:5 services[0].probe.evry: unknown key; did you mean "every"?` */
export function formatProblem(problem: Problem): string {
  const { file, line, column, path, message, suggestion } = problem;
  const where = [line === null ? file : `${file}:${line}:${column}`, path].filter((part) => part !== '');
  return `${where.join(' ')}: ${message}${suggestion === null ? '' : `; did you mean "${suggestion}"?`}`;
}

export type Path = readonly (string | number)[];

/** `services[0].probe.every` */
export function formatPath(path: Path): string {
  return path
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`))
    .join('');
}
