import { type Fault, isHealed, mainOf } from './fault.js';
import { hasServedSince, judgeRevival } from './healing.js';

/** The easy half: the process dies, and whoever supervises it must start it again. */
export const crash: Fault = {
  name: 'crash',
  summary: 'SIGKILL to the main process: does its supervisor revive it?',
  expects: 'its supervisor starts it again by itself, and it answers right; the guard kills nothing',
  undo: 'none',
  needs: 'start',
  notOnSystemd: null,
  aim(unit) {
    const main = mainOf(unit);
    if (!main) return { cannot: 'there is no main process to kill' };
    return { signal: 'SIGKILL', processes: [main], text: 'killing it' };
  },
  seen: (scene) => hasServedSince(scene) && isHealed(scene),
  judge: judgeRevival,
};
