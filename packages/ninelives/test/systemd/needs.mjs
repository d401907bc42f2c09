// What the tests on a real systemd need from the machine. Dependency-free, so that the bootstrap can import it
// before anything is built:
//   import { systemdLacks, ensureSystemdNeeds } from '../packages/ninelives/test/systemd/needs.mjs';

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const PACKAGES = ['systemd', 'systemd-container', 'systemd-sysv', 'dbus', 'libpam-systemd', 'cron'];
const PROGRAMS = ['systemd-nspawn', 'nsenter', 'setpriv', 'dbus-daemon', 'crontab', 'mount', 'systemctl'];
const FOLDERS = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];
/** Bit of CAP_SYS_ADMIN in a capability mask (capabilities(7)). */
const SYS_ADMIN = 1n << 21n;

/** Why a systemd can't be booted here, or null. Looks only. */
export function systemdLacks() {
  if (process.platform !== 'linux') return `this is ${process.platform}`;
  if (process.getuid() !== 0) return 'only root can boot a container';
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  if ((BigInt(`0x${mask}`) & SYS_ADMIN) === 0n) return 'this root has no CAP_SYS_ADMIN';
  if (!hasWritableCgroup2()) return 'no writable cgroup v2 is mounted';
  const absent = PROGRAMS.filter((name) => !FOLDERS.some((folder) => existsSync(`${folder}/${name}`)));
  return absent.length === 0 ? null : `not installed: ${absent.join(', ')} (${installCommand()})`;
}

/** As above, after installing what a Debian or Ubuntu lacks (seconds; only as root; changes nothing otherwise). */
export function ensureSystemdNeeds() {
  const lacks = systemdLacks();
  if (!lacks?.startsWith('not installed')) return lacks;
  if (!existsSync('/usr/bin/apt-get')) return lacks;
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
  if (tried.status === 0) return systemdLacks();
  const said = `${tried.stderr ?? ''}`.trim().split('\n').at(-1);
  return `${lacks}; apt-get failed: ${said || tried.error?.message || `exit status ${tried.status}`}`;
}

function installCommand() {
  return `apt-get install --no-install-recommends ${PACKAGES.join(' ')}`;
}

/** proc_pid_mountinfo(5): … <mount point> <options> … - <type> <source> <super options> */
function hasWritableCgroup2() {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.some((line) => {
    const [left = '', right = ''] = line.split(' - ');
    return right.startsWith('cgroup2 ') && left.split(' ')[5]?.split(',').includes('rw');
  });
}
