import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

/** Where the shell would find this program: its absolute path, or null. `path`: as in $PATH. */
export function findProgram(program: string, path: string): string | null {
  if (program === '') return null;
  const candidates = program.includes('/')
    ? [program]
    : path.split(delimiter).map((dir) => join(dir, program));
  const found = candidates.find(isExecutable);
  return found === undefined ? null : resolve(found);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // not there, or not for us
  }
}
