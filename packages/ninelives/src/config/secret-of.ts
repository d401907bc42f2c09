import path from 'node:path';
import type { Report } from './sense.js';
import { readSecretFile } from './source/files.js';
import type { Path } from './source/problem.js';

/** Where secrets may come from: beside the config, or from the environment, which the YAML source knows. */
export interface Place {
  folder: string;
  isReference: (path: Path) => boolean;
}

export interface Fields {
  [key: string]: unknown;
}

/** `KEY: "${NAME}"` or `KEY_file: FILE`; not both, and not written out where others read it. */
export function secretOf(
  fields: Fields,
  at: Path,
  key: string,
  { folder, isReference }: Place,
  report: Report,
  need: 'needed' | 'optional',
): string | null {
  const [given, file] = [fields[key], fields[`${key}_file`]];
  if (typeof given === 'string' && typeof file === 'string') {
    report([...at, `${key}_file`], 'there is a secret already: take one away');
  }
  if (typeof given === 'string') {
    if (isReference([...at, key])) return given;
    const instead = `write  ${key}: "$\{NAME}"  and set it in the environment, or  ${key}_file: FILE`;
    report([...at, key], `is a secret, and the config is no place for one: ${instead}`);
    return null;
  }
  if (typeof file === 'string') {
    const read = readSecretFile(path.resolve(folder, file));
    if ('secret' in read) return read.secret;
    report([...at, `${key}_file`], read.problem);
    return null;
  }
  if (need === 'needed') report([...at], `needs ${key} or ${key}_file`);
  return null;
}
