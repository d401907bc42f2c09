import { isGpuRead } from '../core/gpu.js';
import type { PortQueues } from '../core/types.js';
import { createGpuLook } from '../host/gpu/nvidia-smi.js';
import { createMemoryLook } from '../host/look/memory.js';
import { readQueues } from '../host/look/queues.js';
import { createSight } from '../host/sight.js';
import type { Supervisor } from '../host/supervisor.js';

export interface LookingOptions {
  supervisor: Supervisor;
  port: number | null;
  /** Where nvidia-smi is looked for. */
  path: string;
  nowMs: () => number;
  signal: AbortSignal;
  /** Is something wrong, so that more is worth its price? */
  troubled: () => boolean;
}

/** Reading the table of all sockets costs the kernel milliseconds on a busy machine. */
const QUEUES_EVERY_MS = 1_000;

/**
 * A look at the unit, with what no supervisor tells: the GPUs it works on, the room its memory has, the queues of its
 * port, and what of its work can't be seen. Each is bounded, and missing where it can't be looked at.
 */
export function createLooking(options: LookingOptions): Supervisor['inspect'] {
  const { supervisor, port, nowMs, troubled } = options;
  const sight = createSight(nowMs);
  const gpuOf = createGpuLook(options);
  const memoryOf = createMemoryLook(nowMs);
  let queues: { atMs: number; found: PortQueues | null } = { atMs: Number.NEGATIVE_INFINITY, found: null };

  async function queuesNow(): Promise<PortQueues | null> {
    if (port === null || !troubled()) return null;
    if (nowMs() - queues.atMs >= QUEUES_EVERY_MS) queues = { atMs: nowMs(), found: await readQueues(port) };
    return queues.found;
  }

  return async () => {
    const unit = await supervisor.inspect(!troubled());
    if ('unknown' in unit) return unit;
    const gpu = gpuOf(unit.processes, troubled());
    const unseen = sight(unit.processes);
    const hidden = unseen !== null && !(unseen.nvidia && isGpuRead(gpu, nowMs())) ? unseen.text : null;
    const unread = gpu !== null && 'trouble' in gpu && gpu.hangs ? 'its GPU can’t be read' : null;
    return {
      ...unit,
      gpu,
      memory: unit.incarnation && memoryOf(unit.incarnation.pid),
      queues: await queuesNow(),
      unseen: hidden ?? unread,
    };
  };
}
