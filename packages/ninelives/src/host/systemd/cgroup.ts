import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the tree that systemd manages may be mounted: cgroup v2, the hybrid layout, and v1 (cgroups(7)). */
const MOUNTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];

/** Every pid in a cgroup's folder and below. Empty when there is no such folder (any more). */
export function listCgroupPids(folder: string): number[] {
  return cgroupFolders(folder).flatMap((each) => {
    try {
      const pids = readFileSync(join(each, 'cgroup.procs'), 'latin1').split('\n').map(Number);
      return pids.filter((pid) => pid > 0);
    } catch {
      // Removed since it was listed, or a threaded cgroup, whose processes are listed further up.
      return [];
    }
  });
}

/** The folder and all below it, deepest first. */
export function cgroupFolders(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...entries.flatMap((entry) => cgroupFolders(join(folder, entry.name))), folder];
  } catch {
    // No such cgroup (any more).
    return [];
  }
}

/** The pids of a unit's `ControlGroup=`, recursively: a service may divide its own cgroup (Delegate=). */
export function pidsOfControlGroup(controlGroup: string): number[] {
  if (!controlGroup.startsWith('/') || controlGroup === '/') return [];
  for (const mount of MOUNTS) {
    const pids = listCgroupPids(join(mount, controlGroup));
    if (pids.length > 0) return pids;
  }
  return [];
}

/**
 * Is this path (from /proc/PID/cgroup) inside the unit's cgroup? By whole segments: `a.service` is not part of
 * `/x/a.service.d`. systemd puts `_` in front of names that the kernel would take for its own (systemd.unit(5)).
 */
export function isInUnit(path: string | null, controlGroup: string, unit: string): boolean {
  if (path === null || controlGroup === '' || controlGroup === '/') return false;
  const segments = controlGroup.split('/');
  if (!segments.includes(unit) && !segments.includes(`_${unit}`)) return false;
  return path === controlGroup || path.startsWith(`${controlGroup}/`);
}

/** The cgroup that systemd put a process in: line `0::` of v2, else systemd's own v1 tree. null: gone, or neither. */
export function controlGroupOf(pid: number): string | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/cgroup`, 'latin1');
  } catch {
    // The process has ended.
    return null;
  }
  return /^0::(\/.*)$/m.exec(text)?.[1] ?? /^\d+:name=systemd:(\/.*)$/m.exec(text)?.[1] ?? null;
}
