import { processId } from '../../core/identity.js';
import type { ProcessSample } from '../../core/types.js';
import type { Fault } from './fault.js';
import { isCuredByKill, judgeCureByKill } from './healing.js';

/** The hang that matters: the API answers 200 at once, and every real request waits for ever. */
export const wedge: Fault = {
  name: 'wedge',
  summary: 'SIGSTOP to the engine only: /health says 200, real work waits for ever',
  expects:
    'the guard sees it although /health says 200, kills it once, its supervisor revives it, it answers right',
  undo: 'continue',
  needs: 'kill',
  notOnSystemd: null,
  aim(unit) {
    const worker = hardestWorking(unit.processes.filter((process) => !process.main && process.state !== 'Z'));
    if (!worker) {
      return {
        cannot:
          'it has no child process to freeze apart from its API; freeze the whole: ninelives drill freeze',
      };
    }
    const text = `freezing its child ${worker.pid} (${worker.name})`;
    return { signal: 'SIGSTOP', processes: [processId(worker)], text };
  },
  seen: isCuredByKill,
  judge: judgeCureByKill,
};

/** The process that holds the model is the largest by far; between equals, the one that computes. */
function hardestWorking(children: readonly ProcessSample[]): ProcessSample | undefined {
  return [...children].sort((a, b) => b.rssBytes - a.rssBytes || b.cpuMs - a.cpuMs)[0];
}
