import { sameProcess } from '../../core/identity.js';
import type { ProcessId } from '../../core/types.js';
import type { Stat } from '../procfs/parse.js';
import { hasEnded } from '../procfs/processes.js';

/** The variable that every process of the service inherits: how a tree is found without a cgroup. */
export const INCARNATION_VARIABLE = 'NINELIVES_INCARNATION';

/** What the tree is found from. */
export interface Sighting {
  stats: readonly Stat[];
  /** pid -> value of NINELIVES_INCARNATION. */
  carried: ReadonlyMap<number, string>;
  /** Ourselves and our ancestors: never part of a tree, whatever they carry. */
  untouchable: ReadonlySet<number>;
}

/** Roots and everything below them, in the order of `stats`. Zombies are included, untouchables never. */
function withDescendants(sighting: Sighting, isRoot: (stat: Stat) => boolean): Stat[] {
  const children = new Map<number, Stat[]>();
  for (const stat of sighting.stats) {
    children.set(stat.ppid, [...(children.get(stat.ppid) ?? []), stat]);
  }
  const members = new Set<number>();
  const queue = sighting.stats.filter(isRoot);
  for (let stat = queue.pop(); stat; stat = queue.pop()) {
    if (members.has(stat.pid) || sighting.untouchable.has(stat.pid)) continue;
    members.add(stat.pid);
    queue.push(...(children.get(stat.pid) ?? []));
  }
  return sighting.stats.filter((stat) => members.has(stat.pid));
}

/**
 * The processes of one incarnation: whoever carries its id or was seen in it before, everything below them,
 * and, while main is verified alive (then its session number can't be another's), its session. Main first.
 */
export function treeOf(
  sighting: Sighting,
  incarnation: string,
  main: ProcessId | null,
  seenBefore: readonly ProcessId[],
): Stat[] {
  const mainStat = sighting.stats.find((stat) => main !== null && sameProcess(stat, main) && !hasEnded(stat));
  const tree = withDescendants(
    sighting,
    (stat) =>
      stat === mainStat ||
      sighting.carried.get(stat.pid) === incarnation ||
      seenBefore.some((id) => sameProcess(stat, id)) ||
      (mainStat !== undefined && stat.session === mainStat.pid),
  );
  return tree.sort((a, b) => Number(b === mainStat) - Number(a === mainStat));
}

/** Live processes of incarnations other than the running one. */
export function leftoversOf(
  sighting: Sighting,
  incarnations: readonly string[],
  running: { incarnation: string; tree: readonly Stat[] } | null,
  seenBefore: readonly ProcessId[],
): Stat[] {
  const earlier = new Set(incarnations.filter((id) => id !== running?.incarnation));
  const ours = new Set(running?.tree.map((stat) => stat.pid));
  return withDescendants(
    sighting,
    (stat) =>
      !ours.has(stat.pid) &&
      (earlier.has(sighting.carried.get(stat.pid) ?? '') || seenBefore.some((id) => sameProcess(stat, id))),
  ).filter((stat) => !ours.has(stat.pid) && !hasEnded(stat));
}

/** A session leader that carries the id: the main process whose pid was not written down in time. */
export function leaderOf(sighting: Sighting, incarnation: string): ProcessId | null {
  const leaders = sighting.stats
    .filter((stat) => sighting.carried.get(stat.pid) === incarnation)
    .filter((stat) => stat.session === stat.pid && !hasEnded(stat) && !sighting.untouchable.has(stat.pid))
    .sort((a, b) => a.startTicks - b.startTicks);
  const first = leaders[0];
  return first ? { pid: first.pid, startTicks: first.startTicks } : null;
}
