import type { Config } from '../../config/service.js';
import { sameProcess } from '../../core/identity.js';
import type { OuterPorts } from '../../drill/outer/perform.js';
import type { OuterDrill } from '../../drill/outer/table.js';
import type { Standby } from '../../drill/ports.js';
import { tellGuard } from '../../drill/post.js';
import { monotonicMs, sleep, wallMs } from '../../host/clock.js';
import { lockOwner } from '../../host/lock.js';
import { signalIfSame } from '../../host/signal.js';
import type { GuardRecord } from '../../record/record.js';
import { watchStateOf } from '../../watch/kept.js';
import { recordFile } from '../state-dir.js';
import { armStandby } from './standby.js';

/** How it is made to fail, and put back. */
export type OuterCut = Pick<OuterPorts, 'cut' | 'mend' | 'isOver'>;

export interface CutPlace {
  config: Config;
  record: GuardRecord;
  stateDir: string;
  /** The service whose tunnel it is. */
  service: string;
  drillId: string;
  forMs: number;
  by: string;
}

type ProcessId = { pid: number; startTicks: number };

/** For real where it is ours and runs here; null where a person has to do it. */
export function realCut(drill: OuterDrill, place: CutPlace): OuterCut | null {
  if (lockOwner(place.stateDir) === null) return null;
  if (drill.failure === 'tunnel') return tunnelCut(place);
  return drill.failure === 'layer' ? watcherCut(place) : null;
}

/** Our own tunnel, guarded here: stopped by its incarnation; its guard may kill it for that, outside its budget. */
function tunnelCut({ config, record, service, drillId, forMs, by, stateDir }: CutPlace): OuterCut | null {
  const tunnel = config.services.find(({ outer }) => outer.tunnel?.of === service)?.name;
  const unit = tunnel === undefined ? null : record.load(tunnel)?.state.unit;
  if (tunnel === undefined || !unit?.incarnation) return null;
  const before = unit.incarnation;
  const stop = stopping(
    unit.processes.map(({ pid, startTicks }) => ({ pid, startTicks })),
    tunnel,
    stateDir,
  );
  const tell = (command: Parameters<typeof tellGuard>[2]) =>
    tellGuard({ record, clock: { monotonicMs, wallMs, sleep } }, tunnel, command, by);
  return {
    async cut() {
      const mark = { type: 'drill-begun', drillId, fault: 'tunnel-down', permitKill: true, forMs } as const;
      if (!(await tell(mark))) throw new Error(`nobody guards ${tunnel} here; nothing was done`);
      return await stop.cut();
    },
    async mend() {
      const words = await stop.mend();
      await tell({ type: 'drill-ended', drillId });
      return words;
    },
    isOver() {
      const state = record.load(tunnel)?.state;
      const now = state?.life?.incarnation;
      if (!state || !now || sameProcess(now, before)) return false;
      return state.verdict.kind === 'serving' && state.incident === null;
    },
  };
}

/** The watcher whose folder this is: stopped, so that it is silent and yet there to be woken. */
function watcherCut({ record, stateDir }: CutPlace): OuterCut | null {
  const owner = lockOwner(stateDir);
  const watches = record.services().some((name) => {
    const state = record.load(name)?.state;
    return state !== undefined && watchStateOf(state) !== null;
  });
  if (owner === null || !watches) return null;
  return {
    ...stopping([{ pid: owner.pid, startTicks: owner.startTicks }], 'the watcher', stateDir),
    // Whoever runs it may end what hangs, and start it anew.
    isOver() {
      const now = lockOwner(stateDir);
      return now !== null && !sameProcess(now, owner);
    },
  };
}

/** SIGSTOP to exactly these, each re-checked; a sentinel continues them even when this process is killed. */
function stopping(processes: ProcessId[], what: string, stateDir: string): Omit<OuterCut, 'isOver'> {
  let standby: Standby | null = null;
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => processes.filter((id) => signalIfSame(id, name));
  return {
    async cut() {
      const ended = { recordFile: recordFile(stateDir), service: what, unit: null };
      standby = await armStandby({ continue: processes }, ended);
      const hit = signal('SIGSTOP');
      if (hit.length === 0) throw new Error(`${what} is gone, or not ours to stop; nothing was done`);
      return `SIGSTOP to ${what}, ${hit.map(({ pid }) => pid).join(', ')}`;
    },
    async mend() {
      const woken = signal('SIGCONT');
      await standby?.release(true);
      const whom = woken.map(({ pid }) => pid).join(', ');
      return woken.length > 0 ? `SIGCONT to ${whom}` : 'it was killed and started again';
    },
  };
}
