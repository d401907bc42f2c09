import type { Line } from './line.js';
import type { GuardOptions } from './ports.js';

/** Looks outward on the line's behalf. Each look ends in an observation, or in nothing. */
export interface Eyes {
  /** Looks at the unit; `then` runs after it was taken in, or could not be. */
  look(then?: () => void): void;
  /** The same, unless a look is under way. */
  glance(): void;
  probe(): void;
  probing(): boolean;
  readCounter(): void;
}

/** The unit, the real work and the counter of finished work, each asked through its port. */
export function createEyes(options: GuardOptions, line: () => Line): Eyes {
  const { ports, timing } = options;
  const { clock } = ports;
  let glancing = false;
  let probing = false;
  let attempt = 0;
  let counter: { value: number | null; atMs: number } = { value: null, atMs: Number.NEGATIVE_INFINITY };

  function look(then: () => void = () => {}): void {
    ports.inspect((unit) => {
      line().take('unknown' in unit ? { type: 'unit-unknown', why: unit.unknown } : { type: 'unit', unit });
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
      });
    },
    probe() {
      probing = true;
      attempt += 1;
      const startedAtMs = clock.monotonicMs();
      const { life, probeDeadlineMs } = line().state();
      const incarnation = life?.incarnation ?? null;
      ports.probe({ deadlineMs: probeDeadlineMs, attempt, incarnation }, (outcome) => {
        // Look once more first, so that a kill which this outcome leads to aims at the tree as it is now.
        look(() => {
          probing = false;
          line().take({ type: 'probe', incarnation, startedAtMs, outcome });
        });
      });
    },
    probing: () => probing,
    readCounter() {
      const incarnation = line().state().life?.incarnation;
      const now = clock.monotonicMs();
      if (!ports.completions || !incarnation || now - counter.atMs < timing.completionsMs) return;
      const before = counter.value;
      counter = { value: before, atMs: now };
      ports.completions((count) => {
        if (typeof count !== 'number') return;
        counter = { value: count, atMs: now };
        // A counter that went down belongs to a new process: a new beginning, not a completion.
        if (before === null || count <= before || line().state().life?.firstFailureAtMs == null) return;
        line().take({ type: 'completion', incarnation, source: 'counter' });
      });
    },
  };
}
