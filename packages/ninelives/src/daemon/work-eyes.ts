import { sameIncarnation } from '../core/identity.js';
import type { Incarnation } from '../core/types.js';
import type { Line, Unstamped } from './line.js';
import type { GuardPorts } from './ports.js';

/** Looks at work that others have done. */
export interface WorkEye {
  /** `then` runs after what it saw was taken in, or nothing was to be seen. */
  read(then: () => void): void;
  readAtMs(): number;
}

interface Place {
  ports: GuardPorts;
  line: () => Line;
  see: (observation: Unstamped) => void;
  /** Is a question on its way? */
  probing: () => boolean;
}

/** The server's own counter of finished work. */
export function createCounterEye({ ports, line, see, probing }: Place): WorkEye {
  const { clock, completions } = ports;
  let counter: { value: number | null; atMs: number } = { value: null, atMs: Number.NEGATIVE_INFINITY };
  return {
    readAtMs: () => counter.atMs,
    read(then) {
      const incarnation = line().state().life?.incarnation;
      if (!completions || !incarnation) return then();
      const before = counter.value;
      const atMs = clock.monotonicMs();
      counter = { value: before, atMs };
      completions((value) => {
        if (typeof value === 'number') {
          counter = { value, atMs };
          // A counter that went down belongs to a new process: a new beginning, neither work nor standing still.
          if (before !== null && value > before && wantsWork(line(), probing())) {
            see({ type: 'completion', incarnation, source: 'counter' });
          } else if (value === before && isUnanswered(line())) see({ type: 'counter-still', incarnation });
        }
        then();
      });
    },
  };
}

/** The gateway's traffic: what was answered, and what the silence of what was not means. */
export function createTrafficEye({ ports, line, see, probing }: Place): WorkEye {
  const { clock, traffic } = ports;
  let last: { atMs: number; of: Incarnation | null } = { atMs: Number.NEGATIVE_INFINITY, of: null };
  return {
    readAtMs: () => last.atMs,
    read(then) {
      const incarnation = line().state().life?.incarnation;
      if (!traffic || !incarnation) return then();
      // What was answered since the last look may have been the work of the life before.
      const known = sameIncarnation(last.of, incarnation);
      last = { atMs: clock.monotonicMs(), of: incarnation };
      traffic((seen) => {
        if (seen && known && seen.completed && wantsWork(line(), probing())) {
          see({ type: 'completion', incarnation, source: 'gateway' });
        }
        // Said again for as long as it lasts, or it grows old; nothing is not said twice.
        const quiet = seen?.sight.kind === 'none' && line().state().life?.traffic == null;
        if (seen && !quiet) see({ type: 'traffic', incarnation, traffic: seen.sight });
        then();
      });
    },
  };
}

/** Has a question gone unanswered? */
function isUnanswered(line: Line): boolean {
  return line.state().life?.firstFailureAtMs != null;
}

/** Is a question unanswered, on its way, or refused for a full queue? Else nobody needs to know what others got. */
function wantsWork(line: Line, probing: boolean): boolean {
  return probing || isUnanswered(line) || line.state().life?.fullSinceMs != null;
}
