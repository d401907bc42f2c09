// A real sshd for the tests of tunnels: installed where it is missing and may be (root, Debian); seconds.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export const SSHD = '/usr/sbin/sshd';
const PACKAGES = ['openssh-server', 'openssh-client'];
const PROGRAMS = [SSHD, '/usr/bin/ssh', '/usr/bin/ssh-keygen'];

/** Why there is no sshd here, or null. */
export function ensureSshd() {
  const lacks = () => {
    const absent = PROGRAMS.filter((program) => !existsSync(program));
    return absent.length === 0
      ? null
      : `not installed: ${absent.join(', ')} (apt-get install ${PACKAGES.join(' ')})`;
  };
  if (lacks() === null || process.getuid() !== 0 || !existsSync('/usr/bin/apt-get')) return lacks();
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES], {
      env,
      encoding: 'utf8',
    });
  let tried = install();
  if (tried.status !== 0) {
    // The lists of a fresh image are empty or old.
    spawnSync('apt-get', ['update'], { env });
    tried = install();
  }
  const said = `${tried.stderr ?? ''}`.trim().split('\n').at(-1);
  return lacks() && `${lacks()}; apt-get: ${said || `exit status ${tried.status}`}`;
}
