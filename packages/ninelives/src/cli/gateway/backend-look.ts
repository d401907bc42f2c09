import type { BackendLook } from '../../gateway/ports.js';
import { monotonicMs } from '../../host/clock.js';
import { createPortLookup } from '../../host/procfs/listeners.js';
import type { Stat } from '../../host/procfs/parse.js';
import { listStats, readUnits, selfAndAncestors } from '../../host/procfs/processes.js';
import { createSystemdSupervisor } from '../../host/systemd/supervisor.js';

const BLIND: BackendLook = { cpuMs: null, incarnation: null };

/** The processes of a unit, through systemd. */
export function lookAtUnit(unit: string, user: boolean, port: number): () => Promise<BackendLook> {
  const supervisor = createSystemdSupervisor({ unit, user, port });
  return async () => {
    const snapshot = await supervisor.inspect();
    if ('unknown' in snapshot) return BLIND;
    const { incarnation, processes } = snapshot;
    return {
      cpuMs: incarnation ? processes.reduce((sum, { cpuMs }) => sum + cpuMs, 0) : null,
      incarnation: incarnation && `${incarnation.pid} ${incarnation.startTicks}`,
    };
  };
}

/**
 * Without a unit: whoever listens on the port, as far as we may see (the same user), the leader of its process group,
 * since a master outlives its workers, and everything below that.
 */
export function lookAtPort(port: number): () => Promise<BackendLook> {
  const lookup = createPortLookup(process.getuid?.() ?? -1, monotonicMs);
  const { ticksPerSecond } = readUnits();
  const ours = selfAndAncestors(process.pid);
  return async () => {
    const holder = lookup.holders(port, [])?.find(({ process }) => process !== null)?.process;
    if (!holder) return BLIND;
    const stats = listStats();
    const root = rootOf(stats, holder.pid, ours);
    if (!root) return BLIND;
    const ticks = tree(stats, root).reduce((sum, stat) => sum + stat.utimeTicks + stat.stimeTicks, 0);
    return { cpuMs: (ticks * 1_000) / ticksPerSecond, incarnation: `${root.pid} ${root.startTicks}` };
  };
}

/** Up to the first process of the group, but never to one that is above ourselves (a shell that started both). */
function rootOf(stats: readonly Stat[], pid: number, ours: ReadonlySet<number>): Stat | undefined {
  const byPid = new Map(stats.map((stat) => [stat.pid, stat]));
  let root = byPid.get(pid);
  for (let above = root && byPid.get(root.ppid); root && above; above = byPid.get(above.ppid)) {
    if (above.pgrp !== root.pgrp || above.pid <= 1 || ours.has(above.pid)) break;
    root = above;
  }
  return root;
}

function tree(stats: readonly Stat[], root: Stat): Stat[] {
  const members = new Set([root.pid]);
  // Parents mostly come before their children, so that one pass finds nearly all; until none is found any more.
  for (let before = 0; before < members.size; ) {
    before = members.size;
    for (const stat of stats) if (members.has(stat.ppid)) members.add(stat.pid);
  }
  return stats.filter((stat) => members.has(stat.pid));
}
