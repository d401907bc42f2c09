// A real sshd for the tunnel's test: installed where it is missing and may be (root, Debian); seconds.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export const SSHD = '/usr/sbin/sshd';

/** Why there is no sshd here, or null. */
export function ensureSshd() {
  if (existsSync(SSHD)) return null;
  if (process.getuid() !== 0 || !existsSync('/usr/bin/apt-get')) return 'openssh-server is not installed';
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'openssh-server'], { env });
  if (install().status !== 0) {
    spawnSync('apt-get', ['update'], { env });
    install();
  }
  return existsSync(SSHD) ? null : 'openssh-server could not be installed';
}
