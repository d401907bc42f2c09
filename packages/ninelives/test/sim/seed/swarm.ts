import type { Policy } from '../../../src/core/policy.js';
import { DEFAULT_TIMING, type GuardTiming } from '../../../src/daemon/ports.js';
import { Chance } from './prng.js';

/** How the simulated supervisor treats the service; systemd's words. Durations in ms. */
export interface UnitSettings {
  restart: 'on-failure' | 'always' | 'no';
  killMode: 'control-group' | 'mixed' | 'process';
  restartMs: number;
  burst: number;
  intervalMs: number;
  stopTimeoutMs: number;
  /** What the snapshot claims: false where a SIGKILL would not bring it back. */
  revives: boolean | null;
}

/** What the simulated server is like when nothing is wrong. Durations in ms. */
export interface ServerSettings {
  loadMs: [number, number];
  latencyMs: number;
  workers: number;
  stubbornWorkers: boolean;
  /** Within this it ends on SIGTERM. */
  endsMs: number;
  /** Its work can't be seen from here: in a container, on a GPU that can't be read. */
  unseen: boolean;
  /** It works on a GPU that nvidia-smi shows. */
  gpu: boolean;
  /** Who counts finished work: nobody, the server, or a gateway in front of it; and how often other traffic moves it. */
  counter: 'none' | 'own' | 'gateway';
  trafficEveryMs: number;
  /** While loading: nobody listens, or the port answers 503, or it accepts and waits. */
  loadingPort: 'closed' | '503' | 'silent';
}

/** Every kind of fault the world can have. */
export const FAULTS = [
  'wedge',
  'freeze',
  'jam',
  'overload',
  'slow',
  'wrong',
  'errors',
  'unavailable',
  'full',
  'misconfigured',
  'flaky',
  'unkillable',
  'deaf',
  'spin',
  'batch',
  'sleep',
  'engine-dead',
  'engine-zombie',
  'one-dead',
  'drift',
  'leak',
  'crash',
  'crash-after-answer',
  'crash-loop',
  'hang-loop',
  'clean-exit',
  'slow-load',
  'stuck-load',
  'foreign-port',
  'probe-blind',
  'unit-blind',
  'disk-full',
  'daemon-death',
  'reboot',
  'wall-step',
  'suspend',
  'daemon-stall',
  'operator-stop',
  'pause',
  'acknowledge',
  'unit-edited',
] as const;

/** Drawn from a stream of their own, so that what the others do in a world did not change with them. */
const LATER_FAULTS = ['gpu-batch', 'client-batch'] as const;

export type Fault = (typeof FAULTS)[number] | (typeof LATER_FAULTS)[number];

/** One weekend, drawn from its seed. */
export interface Scenario {
  seed: number;
  hours: number;
  policy: Policy;
  timing: GuardTiming;
  /** Somebody else's supervisor: power needs proof, of this fingerprint. */
  needsProof: boolean;
  unit: UnitSettings;
  server: ServerSettings;
  /** Faults that may happen, each with the mean time between two of them, ms. */
  faults: { fault: Fault; everyMs: number }[];
  /** Chance that the daemon dies at each of the points around a kill: before and after each commit, among the signals. */
  deathAroundKill: number;
  /** Chance that a probe whose server died is told late, not at once. */
  lateOutcome: number;
  /** Nothing is made cheap: every tick is taken, and every commit copied as a file does. */
  strict: boolean;
  /** The guard is no resident: cron starts a pass every two minutes (of the box: the first service's counts). */
  cron: boolean;
  /** May the wall clock be stepped forward too? Not together with reboots: nobody could notice. */
  wallForward: boolean;
}

const MINUTE = 60_000;
/** A box with two services or three. */
const SHARED_BOXES = 0.2;
/** In so many hours each fault that can happen does so several times. */
const CROWDED_HOURS = 6;

/** Draws everything about one run, one scenario a service. The same seed and hours give the same weekend. */
export function drawScenarios(seed: number, hours: number): [Scenario, ...Scenario[]] {
  const first = drawScenario(seed, hours);
  const chance = new Chance(seed).fork('services');
  const others = chance.yes(SHARED_BOXES) ? chance.int(1, 2) : 0;
  // What belongs to the box and its daemon is the first one's.
  const { deathAroundKill, strict, wallForward } = first;
  const more = Array.from({ length: others }, (_, nth) => ({
    ...drawScenario(seed, hours, `swarm/${nth}`),
    deathAroundKill,
    strict,
    wallForward,
  }));
  return [first, ...more];
}

/** One service and what may befall it and its box. */
export function drawScenario(seed: number, hours: number, stream = 'swarm'): Scenario {
  const chance = new Chance(seed).fork(stream);
  // Some long weekends are as crowded as a short one, others have as many faults in all, and long calms between them.
  const stretch = chance.scale(100, 100 * Math.max(1, hours / CROWDED_HOURS)) / 100;
  const likely = (of: readonly Fault[], from: Chance) =>
    of
      .filter(() => from.yes(0.45))
      .map((fault) => ({
        fault,
        everyMs: stretch * from.scale(20 * MINUTE, 300 * MINUTE) * (RARE.has(fault) ? 3 : 1),
      }));
  const faults: Scenario['faults'] = likely(FAULTS, chance);
  const on = new Set(faults.map(({ fault }) => fault));
  const later = new Chance(seed).fork(`${stream}/later`);
  faults.push(...likely(LATER_FAULTS, later));
  const scenario: Scenario = {
    seed,
    hours,
    policy: drawPolicy(chance),
    timing: drawTiming(chance),
    needsProof: chance.yes(0.25),
    unit: drawUnit(chance),
    server: {
      loadMs: [chance.scale(300, 3_000), chance.scale(3_000, 90_000)],
      latencyMs: chance.scale(5, 180),
      workers: chance.int(0, 3),
      stubbornWorkers: chance.yes(0.4),
      endsMs: 2_000,
      unseen: chance.yes(0.15),
      gpu: later.yes(0.35),
      counter: chance.pick(['none', 'none', 'own', 'gateway']),
      trafficEveryMs: chance.yes(0.5) ? chance.scale(200, 8_000) : 0,
      loadingPort: chance.pick(['closed', '503', 'silent']),
    },
    faults,
    deathAroundKill: on.has('daemon-death') ? chance.between(0, 0.4) : 0,
    lateOutcome: chance.between(0, 1),
    strict: chance.yes(hours > 24 ? 0.01 : 0.05),
    cron: later.yes(0.12),
    wallForward: !on.has('reboot'),
  };
  if (scenario.server.counter === 'gateway') scenario.timing = besideTraffic(scenario.timing);
  return scenario;
}

/** What the gateway said is believed for 5 s, so it has to be asked more often than that. */
function besideTraffic(timing: GuardTiming): GuardTiming {
  return { ...timing, completionsMs: 1_000, inspectQuickMs: Math.min(2_000, timing.inspectQuickMs) };
}

const RARE: ReadonlySet<Fault> = new Set([
  'unkillable',
  'reboot',
  'operator-stop',
  'clean-exit',
  'stuck-load',
]);

function drawPolicy(chance: Chance): Policy {
  const intervalMs = chance.yes(0.5) ? 30_000 : chance.scale(2_000, 120_000);
  const deadlineMinMs = chance.pick([2_000, 5_000]);
  const judgedFailures = chance.int(2, 4);
  const intermittentFailures = chance.int(4, 7);
  const windowMs = chance.scale(5 * MINUTE, 60 * MINUTE);
  const slowMs = chance.scale(5 * MINUTE, 30 * MINUTE);
  return {
    intervalMs,
    confirmMs: Math.min(intervalMs, chance.scale(500, 5_000)),
    deadlineMinMs,
    deadlineMaxMs: chance.scale(10_000, 30_000),
    failureThreshold: chance.int(2, 5),
    successThreshold: chance.int(1, 3),
    judgedFailures,
    judgedOf: judgedFailures + chance.int(0, 2),
    intermittentFailures,
    intermittentOf: intermittentFailures + chance.int(0, 4),
    busyLimitMs: chance.scale(MINUTE, 10 * MINUTE),
    idlePatienceMs: chance.scale(5_000, MINUTE),
    jamPatienceMs: chance.scale(10_000, MINUTE),
    opaquePatienceMs: chance.scale(30_000, 3 * MINUTE),
    opaqueFactor: 3,
    startupGraceMs: chance.scale(20_000, 5 * MINUTE),
    startupStallMs: chance.scale(10_000, MINUTE),
    killsMax: chance.int(1, 4),
    windowMs,
    slowMs,
    slowMaxMs: slowMs * chance.int(1, 4),
    stableMs: chance.scale(5 * MINUTE, 20 * MINUTE),
    escalateAfterMs: chance.scale(5 * MINUTE, 30 * MINUTE),
    leakEveryMs: 10_000,
    leakForesight: 10,
    leakHorizonMs: 24 * 60 * MINUTE,
    leftoverGraceMs: chance.scale(500, 5_000),
  };
}

function drawTiming(chance: Chance): GuardTiming {
  // The defaults look often, and cost accordingly: they get their share, the others search more worlds for the same.
  if (chance.yes(0.04)) return DEFAULT_TIMING;
  return {
    inspectMs: chance.scale(2_000, 30_000),
    inspectQuickMs: chance.scale(1_000, 8_000),
    completionsMs: chance.scale(1_000, 10_000),
    flushMs: 30_000,
  };
}

function drawUnit(chance: Chance): UnitSettings {
  const sound = chance.yes(0.94);
  return {
    restart: sound ? chance.pick(['on-failure', 'on-failure', 'always']) : 'no',
    killMode: chance.pick(['control-group', 'mixed', 'process']),
    restartMs: chance.scale(100, 5_000),
    burst: chance.pick([3, 4, 5, 5, 5, 10, 0]),
    intervalMs: chance.pick([10_000, 10_000, 60_000, 10 * MINUTE]),
    stopTimeoutMs: chance.scale(2_000, 90_000),
    revives: sound,
  };
}
