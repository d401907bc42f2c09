import { sameProcess } from '../../../core/identity.js';
import type { ProcessId, UnitSnapshot } from '../../../core/types.js';
import type { PortHolder } from '../../procfs/listeners.js';

/** Whose process listens on the service's port. `text` names the holder: "pid 1234 (python3), uid 1000". Pure. */
export function judgePort(
  port: number | null,
  holders: PortHolder[] | null,
  unit: { processes: readonly ProcessId[]; leftovers: readonly ProcessId[]; mainUid: number | null },
): UnitSnapshot['portOwner'] {
  if (port === null) return { who: 'unknown', text: 'the service has no port of this machine' };
  if (holders === null) return { who: 'unknown', text: 'the table of sockets could not be read' };
  const owned = (list: readonly ProcessId[]) =>
    holders.find(({ process }) => list.some((id) => process && sameProcess(id, process)));
  const ours = owned(unit.processes);
  if (ours) return { who: 'unit', text: holderText(ours) };
  const left = owned(unit.leftovers);
  if (left) return { who: 'leftover', text: `${holderText(left)}, left over from an earlier incarnation` };
  const stranger = holders[0];
  if (!stranger) return { who: 'none', text: 'nobody' };
  const text = holderText(stranger);
  // Its process can't be seen; the service's own user may well be the one.
  if (stranger.process === null && stranger.uid === unit.mainUid) return { who: 'unknown', text };
  return { who: 'foreign', text };
}

function holderText(holder: PortHolder): string {
  const who = holder.process
    ? `pid ${holder.process.pid} (${holder.process.name})`
    : 'a process that we may not see';
  return `${who}, uid ${holder.uid}`;
}
