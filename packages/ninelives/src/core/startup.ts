import type { GuardState } from './decision.js';
import { sameProcess } from './identity.js';
import type { Life } from './life.js';
import type { Policy } from './policy.js';
import type { ProcessSample } from './types.js';

const MIB = 1024 * 1024;

/** How much work a tree has done so far: 100 ms of CPU and 1 MiB read or written weigh the same. */
function workOf(processes: ProcessSample[]): number {
  return processes.reduce((sum, { cpuMs, ioBytes }) => sum + cpuMs / 100 + ioBytes / MIB, 0);
}

/**
 * Keeps the high-water marks of work and of memory (MiB), and when one of them last rose by a whole unit. Two things
 * must not hide movement until it has made up for them: a process that is gone takes its work along, so that is taken
 * off the mark; and a loader frees what it staged, gigabytes of it, so memory has a mark of its own.
 *
 * @param before the processes of this incarnation at the look before
 */
export function noteMovement(life: Life, before: ProcessSample[], now: ProcessSample[], atMs: number): void {
  life.workMark -= workOf(before.filter((process) => !now.some((other) => sameProcess(process, other))));
  const work = workOf(now);
  const memory = now.reduce((sum, { rssBytes }) => sum + rssBytes / MIB, 0);
  const worked = work >= life.workMark + 1;
  const grew = memory >= life.memoryMark + 1;
  if (worked) life.workMark = work;
  if (grew) life.memoryMark = memory;
  if (worked || grew) life.movedAtMs = atMs;
}

/**
 * May this incarnation still be loading? True inside the grace, and after it for as long as it moves (I2).
 * Standing still is judged from look to look, of the unit and of the probe: time in which either was blind never
 * counts (I6), since a service that has finished loading stands still too.
 */
export function mayBeLoading(state: GuardState, life: Life, policy: Policy, atMs: number): boolean {
  if (life.answeredAtMs !== null) return false;
  if (atMs - life.sinceMs < policy.startupGraceMs) return true;
  return stillForMs(state, life) < policy.startupStallMs;
}

/** How long nothing moved, as far as we looked. */
export function stillForMs(state: GuardState, life: Life): number {
  return Math.min(state.unitAtMs, life.lastProbeAtMs) - life.movedAtMs;
}

const LOADS_KEPT = 8;

/** Learns how long a start takes; only of lives whose beginning was seen, and not of those that ran before us. */
export function learnLoad(state: GuardState, tookMs: number): number {
  const loadMs = Math.round(tookMs);
  if (state.past !== null) state.loadsMs = [...(state.loadsMs ?? []), loadMs].slice(-LOADS_KEPT);
  return loadMs;
}

/** `, usually 20 s`: the median of the last starts; '' before there was one. */
export function usualLoad({ loadsMs = [] }: GuardState): string {
  const sorted = [...loadsMs].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  return median === undefined ? '' : `, usually ${(median / 1_000).toFixed(1)} s`;
}
