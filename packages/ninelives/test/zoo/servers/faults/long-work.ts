import type { Fault } from '../fault.js';
import type { Work } from '../work.js';

/** One legitimate piece of work that takes long; everybody else waits behind it. */
function batch(kind: Work['kind'], counted: boolean): Fault['begin'] {
  return ({ occupy, lastsMs }) => occupy({ kind, ms: lastsMs(60_000), counted });
}

/** 4 requests a second and no more, two fifths of that time computing. */
const CAPACITY: Work = { kind: 'serve', ms: 250, counted: false };

/** A text that takes this long, and nothing of it can be seen. */
export const SLEEPER = /^a batch that sleeps for (\d{1,7}) ms$/;

/** A healthy server that keeps its clients waiting. */
export const LONG_WORK = {
  'batch-burn': { begin: batch('burn', false) },
  /** Its counter moves when a batch is done, and not before. */
  'batch-burn-counted-late': { metrics: true, begin: batch('burn', false) },
  'batch-read': { begin: batch('read', false) },
  'batch-sleep': { begin: batch('sleep', false) },
  'batch-sleep-counted': { metrics: true, begin: batch('sleep', true) },
  'saturated-429': { work: CAPACITY, maxWaiting: 8, begin() {} },
  /** Full, and nothing gets done any more: whoever asks hears 429, for ever. */
  'full-and-frozen': {
    work: CAPACITY,
    maxWaiting: 8,
    begin({ engines }) {
      const [pid] = engines.pids();
      if (pid !== undefined) process.kill(pid, 'SIGSTOP');
    },
  },
  'full-and-wedged': {
    work: CAPACITY,
    maxWaiting: 8,
    metrics: true,
    begin: ({ occupy }) => occupy({ kind: 'never', ms: 0, counted: false }),
  },
  'saturated-queue': { work: CAPACITY, metrics: true, begin() {} },
  'saturated-queue-uncounted': { work: CAPACITY, begin() {} },
} satisfies Record<string, Fault>;
