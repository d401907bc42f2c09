import { readdirSync, readlinkSync } from 'node:fs';
import type { ProcessSample } from '../core/types.js';

/** Programs that only stand for a service that runs elsewhere: in a container, or on another machine. */
const STAND_INS = new Set(['docker', 'podman', 'conmon', 'nerdctl', 'runc', 'crun', 'ssh', 'kubectl']);
/** A process with one of these open computes on a GPU: NVIDIA's driver, AMD's compute driver. */
const GPU_DEVICE = /^\/dev\/(nvidia\d+|nvidia-uvm|kfd)$/;
/** Devices are opened while a model loads and kept; looking again every so often is enough. */
const AGAIN_MS = 10_000;

/** What of a tree's work CPU and I/O don't show; null when they show all of it. */
export type Sight = (processes: readonly ProcessSample[]) => Unseen | null;

export interface Unseen {
  /** In words, for a sentence. */
  text: string;
  /** It is on a GPU of NVIDIA: nvidia-smi may show it. */
  nvidia: boolean;
}

/** Remembers what it found of each process, so that asking twice a second stays cheap. */
export function createSight(nowMs: () => number): Sight {
  const known = new Map<string, { device: string | null; atMs: number }>();

  function deviceOf({ pid, startTicks }: ProcessSample): string | null {
    const key = `${pid}/${startTicks}`;
    const before = known.get(key);
    if (before && (before.device !== null || nowMs() - before.atMs < AGAIN_MS)) return before.device;
    const device = gpuOf(pid);
    known.set(key, { device, atMs: nowMs() });
    return device;
  }

  return (processes) => {
    const keys = new Set(processes.map(({ pid, startTicks }) => `${pid}/${startTicks}`));
    for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    const main = processes.find((process) => process.main);
    if (main && STAND_INS.has(main.name))
      return { text: `its main process is only ${main.name}, the work is done elsewhere`, nvidia: false };
    for (const process of processes) {
      const device = deviceOf(process);
      const text = `it works on a GPU (pid ${process.pid} has ${device} open)`;
      if (device) return { text, nvidia: device.startsWith('/dev/nvidia') };
    }
    return null;
  };
}

/** The GPU device that a process has open; null when it has none, or is not ours to look into. */
function gpuOf(pid: number): string | null {
  const folder = `/proc/${pid}/fd`;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return null;
  }
  for (const name of names) {
    try {
      const target = readlinkSync(`${folder}/${name}`);
      if (GPU_DEVICE.test(target)) return target;
    } catch {
      // closed meanwhile
    }
  }
  return null;
}
