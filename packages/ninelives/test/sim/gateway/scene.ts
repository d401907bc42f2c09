import { HOLD_LIMITS, type HoldLimits } from '../../../src/gateway/limits.js';
import { Chance } from '../seed/prng.js';

/** One hour at the gateway, drawn from its seed. Times in ms. */
export interface Scene {
  seed: number;
  limits: HoldLimits;
  minutes: number;
  server: {
    /** Requests it works on at once; the others wait inside it. */
    workers: number;
    /** Beyond this many waiting inside it answers 503. */
    queueMax: number;
    serviceMs: number;
    loadMs: number;
    /** While it loads: nobody listens, or 503, or 200 to the canary and 503 to the work. */
    loading: 'closed' | '503' | 'lying';
    /** Can its processes be seen? */
    visible: boolean;
    /** Killed by a watchdog this long after it hangs; null: it stays hung until somebody else ends it. */
    killedAfterMs: number;
  };
  clients: { count: number; everyMs: number; patienceMs: number; unsentShare: number; streamShare: number };
  /** Mean time between faults of each kind; absent kinds don't happen. */
  faults: { kind: FaultKind; everyMs: number }[];
}

export const FAULT_KINDS = [
  'death',
  'told-death',
  'hang',
  'slow',
  'poison',
  'slow-poison',
  'burst',
  'leave',
  'broken-connection',
  'long-outage',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export function drawScene(seed: number): Scene {
  const chance = new Chance(seed).fork('scene');
  const workers = chance.pick([1, 1, 2, 4, 16]);
  const serviceMs = chance.scale(5, 2_000);
  const count = chance.int(1, 12);
  return {
    seed,
    minutes: 6,
    limits: {
      ...HOLD_LIMITS,
      requestsMax: chance.pick([16, 64, 1_024]),
      bytesMax: chance.pick([20_000, 1_000_000, HOLD_LIMITS.bytesMax]),
      inFlightMax: chance.pick([1, 8, 64]),
    },
    server: {
      workers,
      queueMax: chance.pick([2, 32, 1_000]),
      serviceMs,
      loadMs: chance.scale(300, 40_000),
      loading: chance.pick(['closed', '503', 'lying']),
      visible: chance.yes(0.6),
      killedAfterMs: chance.scale(2_000, 30_000),
    },
    clients: {
      count,
      // Between a tenth of what the server can do and somewhat more than it can.
      everyMs: Math.max(150 * count, (serviceMs * count * chance.between(0.8, 10)) / workers),
      patienceMs: chance.pick([60_000, 120_000, 10 * 60_000]),
      unsentShare: chance.yes(0.3) ? 0.3 : 0,
      streamShare: chance.yes(0.3) ? 0.3 : 0,
    },
    faults: FAULT_KINDS.filter(() => chance.yes(0.4)).map((kind) => ({
      kind,
      everyMs: chance.scale(20_000, 6 * 60_000),
    })),
  };
}
