import type { GuardState, Life } from './decision.js';
import type { Policy } from './policy.js';
import type { ProcessSample } from './types.js';

const MIB = 1024 * 1024;

/**
 * How much a tree has moved so far: 100 ms of CPU, 1 MiB of memory and 1 MiB read or written weigh the same.
 * Only its rise counts, so a worker that ends does not look like going backwards.
 */
export function movementOf(processes: ProcessSample[]): number {
  let sum = 0;
  for (const process of processes) {
    sum += process.cpuMs / 100 + process.rssBytes / MIB + process.ioBytes / MIB;
  }
  return sum;
}

/** Keeps the high-water mark of movement and when it last rose by a whole unit. */
export function noteMovement(life: Life, processes: ProcessSample[], atMs: number): void {
  const movement = movementOf(processes);
  if (movement < life.movement + 1) return;
  life.movement = movement;
  life.movedAtMs = atMs;
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
