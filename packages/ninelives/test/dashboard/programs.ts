import { existsSync } from 'node:fs';

/** Where a Debian package puts a program, or null; the twin of needs.mjs, which runs before anything is compiled. */
export function programAt(name: string): string | null {
  const path = ['/usr/bin', '/usr/local/bin']
    .map((folder) => `${folder}/${name}`)
    .find((one) => existsSync(one));
  return path ?? null;
}
