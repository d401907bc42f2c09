import type { RestartSettings } from '../../config/service.js';
import type { EventType, GuardState, RecordEvent } from '../../core/decision.js';
import type { Policy } from '../../core/policy.js';
import type { ProcessId, UnitSnapshot } from '../../core/types.js';
import type { Deed } from '../report.js';

export type DrillSignal = 'SIGKILL' | 'SIGTERM' | 'SIGSTOP';

/** Who gets which signal, in this order. */
export interface Aim {
  signal: DrillSignal;
  processes: ProcessId[];
  /** After the pid of the main process in the headline: "freezing its child 4718 (engine)". */
  text: string;
}

/** All that a fault may know: what was done, and what the guard has recorded since. */
export interface Scene {
  deeds: readonly Deed[];
  /** Since the first signal, oldest first. */
  events: readonly RecordEvent[];
  /** As the guard last committed it. */
  state: GuardState;
  policy: Policy;
  restart: RestartSettings;
  /** CLOCK_MONOTONIC, ms. */
  nowMs: number;
}

/**
 * One way to hurt a service, as data and three pure questions. The drill does everything that acts: it signals
 * exactly what `aim` names, each re-checked, and undoes it, whatever happens.
 */
export interface Fault {
  name: string;
  /** One line of `drill --list`. */
  summary: string;
  /** What should happen: a sentence without its full stop, read after "expects:" and "passed:". */
  expects: string;
  /** How it is put back: SIGCONT to what was stopped, a start through the supervisor, or nothing to do. */
  undo: 'continue' | 'start' | 'none';
  /**
   * What must be to be had before it is done: a kill by the guard is the cure, so its budget must have room for one;
   * or a start by the supervisor, so its start limit must.
   */
  needs: 'kill' | 'start' | 'nothing';
  /** Why this is never done to a system unit, and to one's own only with --really; null where it always can be. */
  notOnSystemd: string | null;
  aim(unit: UnitSnapshot): Aim | { cannot: string };
  /** The next main process to signal too; asked at every look. Left out: once is enough. */
  again?(scene: Scene): ProcessId | null;
  /** What was to be seen has been seen, or can't be any more: time to put things back. */
  seen(scene: Scene): boolean;
  /** What was not as expected at the end, each a clause; empty means passed. Asked at the very end. */
  judge(scene: Scene): string[];
}

export function eventsOf(scene: Pick<Scene, 'events'>, type: EventType): RecordEvent[] {
  return scene.events.filter((event) => event.type === type);
}

/** Ours again, answering, and the incident closed. */
export function isHealed({ state }: Pick<Scene, 'state'>): boolean {
  return state.incident === null && state.verdict.kind === 'serving' && state.desired === 'guarded';
}

/** How long "it stays down" is watched before it is believed: several times the wait before a restart. */
export function holdMs({ restart }: Pick<Scene, 'restart'>): number {
  return Math.max(2_000, restart.restartMs * 5);
}

/** The main process, first in the list of a unit's processes. */
export function mainOf(unit: UnitSnapshot): ProcessId | null {
  return unit.incarnation && { pid: unit.incarnation.pid, startTicks: unit.incarnation.startTicks };
}
