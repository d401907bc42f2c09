import { processId } from '../../core/identity.js';
import { type Fault, mainOf } from './fault.js';
import { isCuredByKill, judgeCureByKill } from './healing.js';

/** The whole tree stands still: it holds its port, accepts connections, and says nothing at all. */
export const freeze: Fault = {
  name: 'freeze',
  summary: 'SIGSTOP to the whole service: even the cheap endpoints fall silent',
  expects: 'the guard sees it, kills it once, its supervisor revives it, it answers right',
  undo: 'continue',
  needs: 'kill',
  notOnSystemd: null,
  aim(unit) {
    const main = mainOf(unit);
    if (!main) return { cannot: 'there is no main process to freeze' };
    // Main first: it must not get to see its children stop.
    const others = unit.processes.filter((process) => process.pid !== main.pid && process.state !== 'Z');
    const rest = others.length === 0 ? '' : ` and its ${others.map((child) => child.pid).join(', ')}`;
    return { signal: 'SIGSTOP', processes: [main, ...others.map(processId)], text: `freezing it${rest}` };
  },
  seen: isCuredByKill,
  judge: judgeCureByKill,
};
