import type { GpuSample, UnitSnapshot } from './types.js';

/** nvidia-smi is asked every few seconds while something is wrong; what it said longer ago than this is not now. */
export const GPU_FRESH_MS = 10_000;
/** Work that was seen is believed for longer than idleness: as long as one question that hangs, and the wait after it. */
const GPU_WORK_MS = 30_000;
/** An idle GPU that drives a screen shows a few percent. */
const GPU_ACTIVE_PERCENT = 5;

/** How busy they were when they were last read, and how long ago that was; null: nothing ever told. */
function lastRead(
  gpu: GpuSample | null | undefined,
  atMs: number,
): { percent: number; ageMs: number } | null {
  if (!gpu || 'trouble' in gpu || gpu.busyPercent === null) return null;
  return { percent: gpu.busyPercent, ageMs: atMs - gpu.atMs };
}

/** Is it known how busy they are at this moment? */
export function isGpuRead(gpu: GpuSample | null | undefined, atMs: number): boolean {
  const read = lastRead(gpu, atMs);
  return read !== null && read.ageMs < GPU_FRESH_MS;
}

/** The work that was seen on them, in words; null when none was, or too long ago. */
export function gpuWork({ gpu }: UnitSnapshot, atMs: number): string | null {
  const read = lastRead(gpu, atMs);
  if (!read || read.percent <= GPU_ACTIVE_PERCENT || read.ageMs >= GPU_WORK_MS) return null;
  const late = read.ageMs < GPU_FRESH_MS ? '' : `, read ${Math.round(read.ageMs / 1_000)} s ago`;
  return `GPU ${read.percent} %${late}`;
}

/** What of its work can't be seen from here, in words. A reading that is late is none: not seeing is not idleness. */
export function unseenOf({ unseen, gpu }: UnitSnapshot, atMs: number): string | null {
  if (unseen) return unseen;
  const read = lastRead(gpu, atMs);
  if (!read || read.ageMs < GPU_FRESH_MS) return null;
  return `its GPU was last read ${Math.round(read.ageMs / 1_000)} s ago`;
}
