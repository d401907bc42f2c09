import { sameProcess } from '../../core/identity.js';
import type { ProcessId, UnitSnapshot } from '../../core/types.js';
import { monotonicMs } from '../clock.js';
import { createCarrierLookup } from '../procfs/carriers.js';
import { createPortLookup } from '../procfs/listeners.js';
import type { Stat } from '../procfs/parse.js';
import type { Units } from '../procfs/processes.js';
import { hasEnded, isAlive, listStats, readUnits, selfAndAncestors } from '../procfs/processes.js';
import { judgePort } from '../systemd/look/port.js';
import { INCARNATION_VARIABLE, leaderOf, leftoversOf, treeOf } from './tree.js';

/** What one look at this machine's processes shows of the unit. */
export interface View {
  /** The main process, verified; null when it has ended. */
  main: ProcessId | null;
  tree: Stat[];
  leftovers: Stat[];
}

/** Looks at the processes of one unit. Remembers who was seen in it: a process may drop its environment. */
export interface Looker {
  units: Units;
  /** `incarnations`: newest last; `main` belongs to the newest. */
  look(incarnations: readonly string[], main: ProcessId | null): Promise<View>;
  /** The main process of an incarnation whose pid was never written down. */
  leader(incarnation: string): Promise<ProcessId | null>;
  portOwner(port: number | null, view: View): UnitSnapshot['portOwner'];
}

export function createLooker(): Looker {
  const uid = process.getuid?.() ?? -1;
  const units = readUnits();
  const untouchable = selfAndAncestors(process.pid);
  const carriers = createCarrierLookup(INCARNATION_VARIABLE, uid, units.ticksPerSecond);
  const ports = createPortLookup(uid, monotonicMs);
  let seen: { id: ProcessId; incarnation: string }[] = [];

  async function sight() {
    const stats = listStats();
    return { stats, carried: await carriers.valuesOf(stats), untouchable };
  }

  return {
    units,
    async look(incarnations, main) {
      const sighting = await sight();
      const newest = incarnations.at(-1) ?? '';
      seen = seen.filter(({ id }) => isAlive(id));
      const ofNewest = seen.filter((entry) => entry.incarnation === newest).map((entry) => entry.id);
      const tree = treeOf(sighting, newest, main, ofNewest);
      const first = tree[0];
      const up = first !== undefined && main && sameProcess(first, main);
      for (const stat of tree) {
        if (ofNewest.some((id) => sameProcess(id, stat))) continue;
        seen.push({ id: { pid: stat.pid, startTicks: stat.startTicks }, incarnation: newest });
      }
      const before = seen.filter((entry) => !up || entry.incarnation !== newest).map((entry) => entry.id);
      const leftovers = leftoversOf(
        sighting,
        incarnations,
        up ? { incarnation: newest, tree } : null,
        before,
      );
      return { main: up ? main : null, tree: up ? tree : [], leftovers };
    },
    async leader(incarnation) {
      return leaderOf(await sight(), incarnation);
    },
    portOwner(port, view) {
      const ours = [...view.tree, ...view.leftovers].filter((stat) => !hasEnded(stat));
      const pids = ours.map((stat) => stat.pid);
      const holders = port === null ? null : ports.holders(port, pids);
      // A socket of our own user that no process has belongs to one that is just ending: not a stranger.
      return judgePort(port, holders, { processes: view.tree, leftovers: view.leftovers, mainUid: uid });
    },
  };
}
