import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'dashboard.token';
const SHAPE = /^[\w-]{43}$/;

/** The token in a state folder, made where there is none: whoever can read that folder may act. 256 bits. */
export function dashboardToken(stateDir: string): string {
  const file = join(stateDir, FILE);
  const known = readToken(file);
  if (known !== null) return known;
  const token = randomBytes(32).toString('base64url');
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return token;
}

function readToken(file: string): string | null {
  try {
    const token = readFileSync(file, 'utf8').trim();
    return SHAPE.test(token) ? token : null;
  } catch {
    return null; // none yet
  }
}
