import type { GpuSample, ProcessId } from '../../core/types.js';
import { findProgram, runProgram } from '../program.js';
import {
  GPU_FIELDS,
  type Gpu,
  type GpuProcess,
  PROCESS_FIELDS,
  parseGpuProcesses,
  parseGpus,
} from './parse.js';

const PROGRAM = 'nvidia-smi';
/** Both questions together. It takes a second without the persistence daemon. */
const LIMIT_MS = 5_000;
const MAX_BYTES = 64 * 1024;
/** Asking costs a fifth of a second of CPU: seldom while all is well, since only a leak is looked for then. */
const CALM_MS = 60_000;
/** While something is wrong, whether the GPU works decides how patient to be. */
const URGENT_MS = 2_000;
/** One that hung, or broke, is not asked again at once: it piles up, and a driver in trouble gets no better. */
const AFTER_TROUBLE_MS = 15_000;

export interface GpuLookOptions {
  /** Where nvidia-smi is looked for. */
  path: string;
  nowMs: () => number;
  signal: AbortSignal;
  /** Shorter in tests. */
  limitMs?: number;
  calmMs?: number;
}

/** The last that was seen of the GPUs of these processes; null: there is no nvidia-smi, or nothing was seen yet. */
export type GpuLook = (processes: readonly ProcessId[], urgent: boolean) => GpuSample | null;

/**
 * Asks nvidia-smi now and then, never two at a time, and never waits for it: the answer is there at a later look. One
 * that hangs is ended, and that it hung is what was seen.
 */
export function createGpuLook(options: GpuLookOptions): GpuLook {
  const { path, nowMs, signal, limitMs = LIMIT_MS, calmMs = CALM_MS } = options;
  let latest: GpuSample | null = null;
  let asking = false;
  let dueAtMs = Number.NEGATIVE_INFINITY;
  let absent: boolean | null = null;

  async function ask(pids: ReadonlySet<number>): Promise<void> {
    asking = true;
    // By hand: a timeout that only AbortSignal.any() knows of may be collected, and then never fires.
    const limit = new AbortController();
    const over = () => limit.abort();
    const timer = setTimeout(over, limitMs);
    signal.addEventListener('abort', over, { once: true });
    // As old as the question: on a busy machine the answer may be seconds late, and tells of the time before.
    const atMs = nowMs();
    try {
      const asked = await query(path, limit.signal);
      if (signal.aborted) return;
      latest = 'trouble' in asked ? { atMs, ...asked } : { atMs, ...sampleOf(asked, pids) };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      asking = false;
    }
  }

  return (processes, urgent) => {
    absent ??= findProgram(PROGRAM, path) === null;
    if (absent || signal.aborted) return null;
    const atMs = nowMs();
    const troubled = latest !== null && 'trouble' in latest;
    const everyMs = troubled
      ? Math.min(AFTER_TROUBLE_MS, calmMs)
      : urgent
        ? Math.min(URGENT_MS, calmMs)
        : calmMs;
    if (!asking && processes.length > 0 && atMs - dueAtMs >= everyMs) {
      dueAtMs = atMs;
      void ask(new Set(processes.map(({ pid }) => pid)));
    }
    return latest;
  };
}

interface Told {
  gpus: Gpu[];
  processes: GpuProcess[];
}

type Trouble = { trouble: string; hangs: boolean };

async function query(path: string, signal: AbortSignal): Promise<Told | Trouble> {
  const answers: string[] = [];
  for (const question of [`--query-gpu=${GPU_FIELDS}`, `--query-compute-apps=${PROCESS_FIELDS}`]) {
    const args = [question, '--format=csv,noheader,nounits'];
    const shown = await runProgram(PROGRAM, args, { path, maxBytes: MAX_BYTES, signal });
    if ('absent' in shown) return { trouble: shown.absent, hangs: shown.hangs ?? false };
    if (shown.code !== 0) return { trouble: `${PROGRAM}: ${firstLine(shown.text)}`, hangs: false };
    answers.push(shown.text);
  }
  const gpus = parseGpus(answers[0] ?? '');
  if (gpus.length > 0) return { gpus, processes: parseGpuProcesses(answers[1] ?? '') };
  const said = firstLine(answers[0] ?? '');
  return { trouble: `${PROGRAM} lists no GPU: ${said}`, hangs: false };
}

/** A driver's own words must not steer a terminal, nor fill a page. */
function firstLine(text: string): string {
  const line = text.replace(/\p{Cc}+/gu, ' ').trim();
  return line === '' ? 'it said nothing' : line.slice(0, 160);
}

/** Of the GPUs that these processes are on; of all of them, where it lists none of our processes. */
function sampleOf({ gpus, processes }: Told, pids: ReadonlySet<number>) {
  const ours = processes.filter(({ pid }) => pids.has(pid));
  const theirs = new Set(ours.map(({ uuid }) => uuid));
  const used = ours.length === 0 ? gpus : gpus.filter(({ uuid }) => theirs.has(uuid));
  const looked = used.length === 0 ? gpus : used;
  const percents = looked.map(({ busyPercent }) => busyPercent);
  // Where one does not say how busy it is, nothing is known of all of them.
  const busyPercent = percents.includes(null) ? null : Math.max(...(percents as number[]));
  const memories = ours.map(({ usedBytes }) => usedBytes);
  const told = memories.length > 0 && !memories.includes(null);
  const usedBytes = told ? (memories as number[]).reduce((sum, bytes) => sum + bytes, 0) : null;
  const frees = looked.flatMap(({ totalBytes, usedBytes }) =>
    totalBytes === null || usedBytes === null ? [] : [Math.max(0, totalBytes - usedBytes)],
  );
  return { busyPercent, usedBytes, freeBytes: frees.length === 0 ? null : Math.min(...frees) };
}
