import { readFileSync, statSync } from 'node:fs';

const MAX_SECRET_BYTES = 64 * 1024;
const MAX_GOLDEN_BYTES = 16 * 1024 * 1024;

/** A secret: one line, in a file that nobody but its owner may read. */
export function readSecretFile(file: string): { secret: string } | { problem: string } {
  const read = readRegular(file, MAX_SECRET_BYTES, privateOnly(file));
  if ('problem' in read) return read;
  const secret = read.text.trim();
  if (secret === '') return { problem: `${file} is empty` };
  return /[\r\n]/.test(secret) ? { problem: `${file} has more than one line` } : { secret };
}

/** API keys: one a line, `#` begins a comment, in a file that nobody but its owner may read. */
export function readKeysFile(file: string): { keys: string[] } | { problem: string } {
  const read = readRegular(file, MAX_SECRET_BYTES, privateOnly(file));
  if ('problem' in read) return read;
  const lines = read.text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  // An empty file must not open the door.
  return keys.length === 0 ? { problem: `there is no key in ${file}` } : { keys };
}

/**
 * Approved vectors, by text, of one model: `{"model": "bge-m3", "vectors": {"liveness probe": [0.1, …]}}`, or the vectors
 * alone.
 */
export function readGoldenFile(
  file: string,
): { model: string | null; golden: { [text: string]: number[] } } | { problem: string } {
  const read = readRegular(file, MAX_GOLDEN_BYTES, () => null);
  if ('problem' in read) return read;
  let value: unknown;
  try {
    value = JSON.parse(read.text);
  } catch (error) {
    return { problem: `${file} is not JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: `${file} is not an object from text to vector` };
  }
  const { model, vectors } = value as { model?: unknown; vectors?: unknown };
  const named = typeof vectors === 'object' && vectors !== null && !Array.isArray(vectors);
  const golden = (named ? vectors : value) as { [text: string]: number[] };
  const length = Object.values(golden)[0]?.length;
  for (const [text, vector] of Object.entries(golden)) {
    const sane =
      Array.isArray(vector) &&
      vector.length === length &&
      vector.every((number) => typeof number === 'number' && Number.isFinite(number)) &&
      vector.some((number) => number !== 0);
    if (!sane)
      return { problem: `${file}: the vector of "${text.slice(0, 40)}" is not a list of ${length} numbers` };
  }
  return { model: named && typeof model === 'string' ? model : null, golden };
}

function privateOnly(file: string): (mode: number) => string | null {
  return (mode) => {
    if ((mode & 0o077) === 0) return null;
    const octal = (mode & 0o777).toString(8).padStart(3, '0');
    return `${file} may be read by others (mode ${octal}): type  chmod 600 '${file}'`;
  };
}

function readRegular(
  file: string,
  maxBytes: number,
  judgeMode: (mode: number) => string | null,
): { text: string } | { problem: string } {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) return { problem: `${file} is not a file` };
    if (stat.size > maxBytes) return { problem: `${file} has ${stat.size} bytes, more than ${maxBytes}` };
    const bad = judgeMode(stat.mode);
    return bad === null ? { text: readFileSync(file, 'utf8') } : { problem: bad };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return { problem: code === 'ENOENT' ? `there is no ${file}` : `${file} can't be read (${code})` };
  }
}
