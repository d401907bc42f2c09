import { parentPort, workerData } from 'node:worker_threads';
import { loadProduction } from './mutants/production.js';
import { runWeekend } from './run.js';
import type { Fault } from './seed/swarm.js';
import { shrink } from './shrink.js';

/** One thread's share of the swarm: every `stride`th seed. */
export interface Share {
  source: string;
  first: number;
  end: number;
  stride: number;
  hours: number;
  /** Only these kinds of faults; null: all. */
  only: Fault[] | null;
}

const { source, first, end, stride, hours, only } = workerData as Share;
const production = await loadProduction(source);
for (let seed = first; seed < end; seed += stride) {
  const weekend = runWeekend(seed, hours, production, only);
  const { broken } = weekend;
  parentPort?.postMessage(broken ? shrink({ ...weekend, broken }, hours, production) : weekend);
}
