import { parentPort, workerData } from 'node:worker_threads';
import { loadProduction } from './mutants/production.js';
import { runWeekend } from './run.js';

/** One thread's share of the swarm: every `stride`th seed. */
export interface Share {
  source: string;
  first: number;
  end: number;
  stride: number;
  hours: number;
}

const { source, first, end, stride, hours } = workerData as Share;
const production = await loadProduction(source);
for (let seed = first; seed < end; seed += stride)
  parentPort?.postMessage(runWeekend(seed, hours, production));
