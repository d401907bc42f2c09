/** One event a line: `log('model loaded', { ms: 120 })`. Never throws, never blocks on a pipe for long. */
export type Log = (event: string, fields?: Readonly<Record<string, unknown>>) => void;

/**
 * A log that writes through `write`, as one line of JSON or of plain text.
 * Time is handed in so that callers decide which clock people see.
 */
export function createLog(options: { json: boolean; write(line: string): void; now(): Date }): Log {
  return (event, fields = {}) => {
    const time = options.now().toISOString();
    if (options.json) {
      options.write(`${JSON.stringify({ time, event, ...fields })}\n`);
      return;
    }
    const rest = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${typeof value === 'string' ? quoteIfNeeded(value) : String(value)}`);
    options.write(`${time} ${event}${rest.join('')}\n`);
  };
}

function quoteIfNeeded(value: string): string {
  return /[\s="]/.test(value) ? JSON.stringify(value) : value;
}
