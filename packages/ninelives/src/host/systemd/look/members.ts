import { sameProcess } from '../../../core/identity.js';
import type { ProcessId } from '../../../core/types.js';
import type { Stat } from '../../procfs/parse.js';
import { hasEnded } from '../../procfs/processes.js';

/** One process of the unit's cgroup. */
export interface Member {
  stat: Stat;
  /** INVOCATION_ID of its environment (systemd.exec(5)); null where that can't be read, or was emptied. */
  invocation: string | null;
}

export interface Division {
  /** Of the running incarnation, main process first. */
  processes: Stat[];
  /** Of an incarnation that has ended, and still alive. */
  leftovers: Stat[];
}

/**
 * Tells the running incarnation from survivors of earlier ones, which live in the same cgroup. Pure.
 * `startedTicks`: when this incarnation began; only asked where a process does not say whose it is.
 */
export function divide(
  members: readonly Member[],
  unit: {
    main: ProcessId | null;
    down: boolean;
    invocation: string;
    controlPid: number;
    startedTicks: number;
  },
): Division {
  const own = systemdsOwn(members, unit.controlPid);
  const isLeftover = ({ stat, invocation }: Member) => {
    if (unit.main && sameProcess(unit.main, stat)) return false;
    if (unit.down) return true;
    if (invocation !== null && unit.invocation !== '') return invocation !== unit.invocation;
    return stat.startTicks < unit.startedTicks;
  };
  const living = members.filter(({ stat }) => !hasEnded(stat) && !own.has(stat.pid));
  const leftovers = living.filter(isLeftover).map(({ stat }) => stat);
  const processes = living.filter((member) => !isLeftover(member)).map(({ stat }) => stat);
  const isMain = (stat: Stat) => Number(stat.pid === unit.main?.pid);
  return { processes: processes.sort((a, b) => isMain(b) - isMain(a)), leftovers };
}

/** ExecStop=, ExecStopPost= and the like, with what they started: systemd waits for them, they are no survivors. */
function systemdsOwn(members: readonly Member[], controlPid: number): Set<number> {
  const own = new Set<number>(controlPid > 1 ? [controlPid] : []);
  for (let before = -1; before !== own.size; ) {
    before = own.size;
    for (const { stat } of members) if (own.has(stat.ppid)) own.add(stat.pid);
  }
  return own;
}
