import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { cgroupFolders, listCgroupPids } from '../../../src/host/systemd/cgroup.js';

/**
 * Where cgroup trees are mounted that systemd-nspawn makes folders in: v2, and on a hybrid machine also systemd's
 * own v1 tree. proc_pid_mountinfo(5).
 */
function cgroupMounts(): string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [left = '', right = ''] = line.split(' - ');
    const type = right.split(' ')[0];
    const named = right.includes('name=systemd');
    return type === 'cgroup2' || (type === 'cgroup' && named) ? [left.split(' ')[4] as string] : [];
  });
}

/** A cgroup of the box's own in every such tree, so that two boxes never meet. Returns the folders. */
export function makeCgroups(name: string): string[] {
  const folders = cgroupMounts().map((mount) => join(mount, name));
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  return folders;
}

/** Everything that runs in the box's cgroups. Only what this harness started can be there. */
export function pidsIn(name: string): number[] {
  return [...new Set(cgroupMounts().flatMap((mount) => listCgroupPids(join(mount, name))))];
}

/** Removes the box's cgroups, deepest first; those that are still busy stay. */
export function removeCgroups(name: string): void {
  for (const mount of cgroupMounts()) {
    for (const folder of cgroupFolders(join(mount, name))) {
      try {
        rmdirSync(folder);
      } catch {
        // Busy for a moment yet, or already gone: the caller tries again.
      }
    }
  }
}
