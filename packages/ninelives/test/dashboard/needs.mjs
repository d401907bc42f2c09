// What the tests of the dashboard need from the machine, dependency-free, as in ../systemd/needs.mjs.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const FOLDERS = ['/usr/bin', '/usr/local/bin'];

/** Where a program lies, or null. */
export function programAt(name) {
  return FOLDERS.map((folder) => `${folder}/${name}`).find((path) => existsSync(path)) ?? null;
}

/** A real Chromium, with a driver from npm. Why there is none, or null. */
export const ensureChromium = () => ensure('chromium', ['chromium']);

/** A real Prometheus with its promtool. */
export const ensurePrometheus = () => ensure('prometheus', ['prometheus', 'promtool']);

/** As root on a Debian that lacks it, it is installed (no service of it is started in a container). */
function ensure(debianPackage, programs) {
  const lacks = () => programs.filter((name) => programAt(name) === null);
  if (lacks().length === 0) return null;
  const command = `apt-get install --no-install-recommends ${debianPackage}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return `not installed: ${lacks()} (${command})`;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', debianPackage], {
      env,
      encoding: 'utf8',
    });
  let tried = install();
  if (tried.status !== 0) {
    // The lists of a fresh image are empty or old.
    spawnSync('apt-get', ['update'], { env });
    tried = install();
  }
  if (lacks().length === 0) return null;
  const said = `${tried.stderr ?? ''}`.trim().split('\n').at(-1);
  return `not installed: ${lacks()}; apt-get failed: ${said || tried.error?.message || `exit status ${tried.status}`}`;
}
