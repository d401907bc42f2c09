import type { Life, Policy, ProcessSample } from './types.js';

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
 * Standing still is judged from look to look, so time in which we did not look never counts (I6).
 */
export function mayBeLoading(life: Life, policy: Policy, at: { nowMs: number; lookedMs: number }): boolean {
  if (life.answeredAtMs !== null) return false;
  if (at.nowMs - life.sinceMs < policy.startupGraceMs) return true;
  return at.lookedMs - life.movedAtMs < policy.startupStallMs;
}
