import type { Chance } from '../seed/prng.js';
import type { Fault } from '../seed/swarm.js';
import { LEAKS_FOR_MS, type Mode } from './life.js';
import type { Box } from './machine.js';

const MINUTE = 60_000;

/** Lets the scenario's faults happen, each at its own random times, for as long as the world is faulty. */
export function unleash(world: Box, which: (fault: Fault) => boolean): void {
  const { stage } = world;
  for (const { fault, everyMs } of stage.scenario.faults.filter(({ fault }) => which(fault))) {
    const chance = stage.chance(`fault/${fault}`);
    const next = () => {
      stage.time.after(chance.wait(everyMs), () => {
        if (!stage.faulty) return;
        HAPPENS[fault](world, chance);
        next();
      });
    };
    next();
  }
}

/** Happen to the box, and so to every service on it. */
export const BOX_FAULTS: ReadonlySet<Fault> = new Set([
  'probe-blind',
  'unit-blind',
  'disk-full',
  'daemon-death',
  'daemon-stall',
  'reboot',
  'wall-step',
  'suspend',
]);

/** Only a server that is well gets ill: one thing at a time makes a story that can be read. */
function ill(mode: Mode, forMs?: (chance: Chance) => number) {
  return (world: Box, chance: Chance) => {
    const { life } = world.server;
    if (life?.healthy) world.server.enter(life, mode, forMs?.(chance));
  };
}

/** A process of its crew is gone, or dead and not reaped, and the requests that it would serve are lost. */
function loses(mode: 'engine-dead' | 'engine-zombie' | 'one-dead') {
  return ({ server, processes }: Box) => {
    const { life } = server;
    const engine = life?.workers.find(({ alive }) => alive);
    if (!life?.healthy || !engine) return;
    server.enter(life, mode);
    if (mode === 'engine-zombie') engine.state = 'Z';
    else processes.end(engine, 'SIGSEGV');
  };
}

const aWhile = (low: number, high: number) => (chance: Chance) => chance.scale(low, high);

const HAPPENS: Record<Fault, (world: Box, chance: Chance) => void> = {
  wedge: ill('wedged'),
  freeze: ill('frozen'),
  jam: ill('jam', aWhile(1_000, 5 * MINUTE)),
  overload: ill('overload', aWhile(5_000, 30 * MINUTE)),
  slow: ill('slow', aWhile(MINUTE, 30 * MINUTE)),
  wrong: ill('wrong'),
  errors: ill('errors'),
  unavailable: ill('unavailable', aWhile(1_000, 10 * MINUTE)),
  full: ill('full', aWhile(5_000, 30 * MINUTE)),
  misconfigured: ill('misconfigured', aWhile(MINUTE, 60 * MINUTE)),
  flaky: ill('flaky', aWhile(MINUTE, 60 * MINUTE)),
  unkillable: ill('unkillable', aWhile(MINUTE, 60 * MINUTE)),
  deaf: ill('deaf'),
  spin: ill('spin'),
  batch: ill('batch', aWhile(2_000, 10 * MINUTE)),
  'gpu-batch': (world, chance) => {
    // Where no GPU can be read it would be a sleep that nobody could tell from a wedge.
    const { gpu, unseen } = world.stage.scenario.server;
    if (gpu && !unseen) ill('gpu-batch', aWhile(2_000, 10 * MINUTE))(world, chance);
  },
  'client-batch': (world, chance) => {
    const { life } = world.server;
    if (!life?.healthy || world.stage.scenario.server.counter !== 'gateway') return;
    const forMs = chance.scale(2_000, 10 * MINUTE);
    life.likeMs = chance.yes(0.7) ? Math.round(forMs * chance.between(0.4, 1.5)) : null;
    world.server.enter(life, 'client-batch', forMs);
  },
  sleep: ill('sleep', aWhile(2_000, 10 * MINUTE)),
  'engine-dead': loses('engine-dead'),
  'engine-zombie': loses('engine-zombie'),
  'one-dead': loses('one-dead'),
  drift: ill('drift', aWhile(MINUTE, 60 * MINUTE)),
  leak: ({ processes, server, stage }) => {
    const { life } = server;
    if (!life?.healthy) return;
    server.enter(life, 'leak');
    stage.time.after(LEAKS_FOR_MS, () => {
      if (life.mode !== 'leak') return;
      stage.mark('out-of-memory');
      processes.end(life.main, 'SIGKILL');
    });
  },
  crash: ({ processes, server }) => {
    if (server.life) processes.end(server.life.main, 'SIGSEGV');
  },
  'crash-after-answer': ({ server }) => {
    server.diesAfterAnswer = true;
  },
  'crash-loop': (world, chance) => {
    world.server.plans = Array.from({ length: chance.int(2, 8) }, () => 'crash' as const);
    HAPPENS.crash(world, chance);
  },
  'hang-loop': (world, chance) => {
    world.server.plans = Array.from({ length: chance.int(2, 12) }, () => 'hang' as const);
    ill('wedged')(world, chance);
  },
  'clean-exit': ({ processes, server }) => {
    if (server.life?.healthy) processes.end(server.life.main, 'exit status 0');
  },
  'slow-load': (world, chance) => {
    world.server.plans = ['slow-load'];
    HAPPENS.crash(world, chance);
  },
  'stuck-load': (world, chance) => {
    world.server.plans = Array.from({ length: chance.int(1, 3) }, () => 'stuck-load' as const);
    HAPPENS.crash(world, chance);
  },
  'foreign-port': (world, chance) => {
    if (world.server.foreign) return;
    if (chance.yes(0.5)) HAPPENS.crash(world, chance);
    const answers = chance.pick(['ok', 'misconfigured', 'error', 'timeout'] as const);
    world.server.foreign = { sinceMs: world.stage.nowMs, answers };
    world.stage.log(`a stranger listens on the port (answers: ${answers})`);
    world.stage.time.after(chance.scale(1_000, 10 * MINUTE), () => world.evictForeign());
  },
  'probe-blind': (world, chance) => {
    world.daemon.probeBlind = true;
    world.stage.log('probes are blind');
    world.stage.time.after(chance.scale(5_000, 20 * MINUTE), () => {
      world.daemon.probeBlind = false;
    });
  },
  'unit-blind': (world, chance) => {
    world.daemon.unitBlind = true;
    world.stage.log('the unit cannot be seen');
    world.stage.time.after(chance.scale(5_000, 20 * MINUTE), () => {
      world.daemon.unitBlind = false;
    });
  },
  'disk-full': (world, chance) => world.disk.fill(chance.scale(10_000, 120 * MINUTE)),
  'daemon-death': ({ daemon }) => daemon.die(),
  reboot: (world) => world.reboot(),
  'wall-step': ({ stage, clockIsOdd }, chance) => {
    const back = !stage.scenario.wallForward || chance.yes(0.5);
    const byMs = chance.scale(1_000, 360 * MINUTE) * (back ? -1 : 1);
    stage.common.wallShiftMs += byMs;
    stage.log(`wall clock stepped by ${(byMs / 1000).toFixed(0)} s`);
    if (back) stage.mark('wall-stepped-back');
    clockIsOdd();
  },
  suspend: ({ stage, clockIsOdd, dropConnections }, chance) => {
    // The monotonic clock stands still, and with it everything of this world; the wall clock goes on.
    const forMs = chance.scale(1_000, 720 * MINUTE);
    if (!stage.scenario.wallForward) return;
    stage.log(`the machine is suspended for ${(forMs / 1000).toFixed(0)} s`);
    stage.mark('suspended');
    stage.common.wallShiftMs += forMs;
    stage.common.suspendedMs += forMs;
    clockIsOdd();
    dropConnections();
  },
  'daemon-stall': ({ daemon }, chance) => daemon.stall(chance.scale(1_000, 10 * MINUTE)),
  'operator-stop': ({ stage, supervisor }, chance) => {
    supervisor.stop();
    stage.time.after(chance.scale(MINUTE, 30 * MINUTE), () => supervisor.revive());
  },
  pause: (world, chance) => {
    if (world.post({ type: 'pause' })) {
      world.stage.time.after(chance.scale(MINUTE, 60 * MINUTE), () => world.post({ type: 'resume' }));
    }
  },
  'unit-edited': ({ stage, supervisor }) => {
    supervisor.edition += 1;
    supervisor.editedMs = stage.nowMs;
    supervisor.proved = false;
    stage.log('the unit file was edited');
  },
  acknowledge: (world) => void world.post({ type: 'acknowledge' }),
};
