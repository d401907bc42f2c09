import type { Fault } from '../fault.js';

const signalFirst = (signal: NodeJS.Signals): Fault['begin'] => {
  return ({ engines }) => {
    const [pid] = engines.pids();
    if (pid !== undefined) process.kill(pid, signal);
  };
};

/** Requests are taken and put aside; the engine has nothing to do. */
const park: Fault = { begin() {}, answer() {} };

/** What befalls the process that does the work, while the one that answers /health is well. */
export const ENGINE_FAULTS = {
  'engine-frozen': { begin: signalFirst('SIGSTOP') },
  'engine-dead': { begin: signalFirst('SIGKILL') },
  'engine-zombie': { unreaped: true, begin: signalFirst('SIGKILL') },
  'one-of-three-dead': { engines: 3, begin: signalFirst('SIGKILL') },
  wedge: park,
  'wedge-counted': { ...park, metrics: true },
  /** An engine that computes for ever: a batch to anybody, until the limit for batches. */
  'engine-spins': {
    begin: ({ occupy }) => occupy({ kind: 'burn', ms: 24 * 3_600_000, counted: false }),
  },
  /** One text hangs the engine; whoever sent it sends it again after each restart. */
  'poison-input': { metrics: true, begin() {} },
} satisfies Record<string, Fault>;

/** The text that the engine does not come back from. */
export const POISON = 'a text that hangs the engine';
