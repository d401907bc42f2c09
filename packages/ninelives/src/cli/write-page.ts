import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { CliError, EXIT } from './errors.js';

/**
 * A page into a file that a web server may be reading: whole or not at all.
 * @throws CliError
 */
export function writePage(file: string, text: string): void {
  const half = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(half, text, { mode: 0o644 });
    renameSync(half, file);
  } catch (cause) {
    rmSync(half, { force: true });
    const why = cause instanceof Error ? cause.message : String(cause);
    const hint = '--html FILE, somewhere else';
    throw new CliError(`${file} can't be written: ${why}`, EXIT.environment, hint, { cause });
  }
}
