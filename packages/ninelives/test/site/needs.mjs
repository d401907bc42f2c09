// What four machines in one test need: a systemd to boot, sshd, and network namespaces. Dependency-free, for the bootstrap.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ensureSystemdNeeds } from '../systemd/needs.mjs';
import { ensureSshd } from '../watch/needs.mjs';

/** Why the machines can't be made here, or null; installs what a Debian lacks (as root). */
export function ensureSiteNeeds() {
  return ensureSystemdNeeds() ?? ensureSshd() ?? ensureIp() ?? namespacesLack();
}

function ensureIp() {
  const there = () => ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'].some((file) => existsSync(file));
  if (there()) return null;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'iproute2'], { env }).status;
  if (install() !== 0) {
    spawnSync('apt-get', ['update'], { env });
    install();
  }
  return there() ? null : 'not installed: ip (apt-get install iproute2)';
}

/** Tried, not guessed: a container may be root and yet have no say in its network. */
function namespacesLack() {
  const name = `nl-try-${process.pid}`;
  const ip = (...args) => spawnSync('ip', args, { encoding: 'utf8' });
  const added = ip('netns', 'add', name);
  if (added.status !== 0) return `no network namespace can be made: ${added.stderr.trim()}`;
  const made = [
    ip('-n', name, 'link', 'add', 'v0', 'type', 'veth', 'peer', 'name', 'v1'),
    ip('-n', name, 'link', 'add', 'b0', 'type', 'bridge'),
  ];
  ip('netns', 'del', name);
  const failed = made.find(({ status }) => status !== 0);
  return failed ? `no virtual network can be made: ${failed.stderr.trim()}` : null;
}
