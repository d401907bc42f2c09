import type { Policy } from '../core/policy.js';
import { type ProbeOutcome, RESULT_OF } from '../core/types.js';
import type { Line, Unstamped } from './line.js';
import type { GuardOptions } from './ports.js';
import { createCounterEye, createTrafficEye } from './work-eyes.js';

/** Looks outward on the line's behalf. Each look ends in an observation, or in nothing. */
export interface Eyes {
  /** Looks at the unit; `then` runs after it was taken in, or could not be. */
  look(then?: () => void): void;
  /** The same, unless a look is under way. */
  glance(): void;
  probe(): void;
  probing(): boolean;
  /** Of work that others have done: the server's own counter, and the gateway's traffic. */
  readWork(): void;
}

/** The unit, the real work and the counter of finished work, each asked through its port. */
export function createEyes(options: GuardOptions, line: () => Line): Eyes {
  const { ports, timing } = options;
  const { clock } = ports;
  let glancing = false;
  /** An outcome has come and waits for a look (or the counter): it may be the answer that ends the silence. */
  let inHand = false;
  let probing = false;
  let attempt = 0;
  let asked = 0;
  let newest = 0;
  const place = { ports, line, see, probing: () => probing };
  const counter = createCounterEye(place);
  const traffic = createTrafficEye(place);

  function see(observation: Unstamped): void {
    line().take(inHand ? { ...observation, noKill: 'at-hand' } : observation);
  }

  function look(then: () => void = () => {}): void {
    asked += 1;
    const nth = asked;
    ports.inspect((unit) => {
      // Looks overlap: a slow one that began before one already taken in shows the past, and must not undo it.
      if (nth > newest) {
        newest = nth;
        see('unknown' in unit ? { type: 'unit-unknown', why: unit.unknown } : { type: 'unit', unit });
      }
      then();
    });
  }

  return {
    look,
    glance() {
      if (glancing) return;
      glancing = true;
      look(() => {
        glancing = false;
        ports.rounded?.();
      });
    },
    probe() {
      probing = true;
      attempt += 1;
      const startedAtMs = clock.monotonicMs();
      const { life, probeDeadlineMs } = line().state();
      const incarnation = life?.incarnation ?? null;
      ports.probe({ deadlineMs: probeDeadlineMs, attempt, incarnation }, (outcome) => {
        inHand = true;
        // Look once more first, so that a kill which this outcome leads to aims at the tree as it is now.
        const judge = () => {
          look(() => {
            probing = false;
            inHand = false;
            const lateMs = clock.monotonicMs() - startedAtMs - probeDeadlineMs;
            line().take({ type: 'probe', incarnation, startedAtMs, outcome: inTime(outcome, lateMs) });
          });
        };
        if (decides(outcome, line().state().life?.failures ?? 0, options.policy)) {
          counter.read(() => traffic.read(judge));
        } else judge();
      });
    },
    probing: () => probing,
    readWork() {
      for (const eye of [counter, traffic]) {
        if (clock.monotonicMs() - eye.readAtMs() >= timing.completionsMs) eye.read(() => {});
      }
    },
  };
}

/** A look beside a slow systemctl takes some seconds; what comes later than this was held up here. */
const LATE_MS = 10_000;

/**
 * Our own standing still (stopped, a machine short of memory) is nobody's failure (I6): a failure that is taken in long
 * after its deadline tells of a moment that may be over, and is asked for again.
 */
function inTime(outcome: ProbeOutcome, lateMs: number): ProbeOutcome {
  if (lateMs < LATE_MS || RESULT_OF[outcome.reason] !== 'fail') return outcome;
  const detail = `we stood still for ${Math.round(lateMs / 1_000)} s with the answer in hand (${outcome.detail})`;
  return { ...outcome, reason: 'blind', detail };
}

/** Would one more silence reach the threshold? Then the counter is asked once more before it is taken in (I1). */
function decides(outcome: ProbeOutcome, failures: number, policy: Policy): boolean {
  return RESULT_OF[outcome.reason] === 'fail' && failures + 1 >= policy.failureThreshold;
}
