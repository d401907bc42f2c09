import assert from 'node:assert/strict';
import { assertEveryRequest } from '../../../src/gateway/hold/invariants.js';
import { wantsLook } from '../../../src/gateway/hold/passing.js';
import { createHoldState } from '../../../src/gateway/hold/state.js';
import { step } from '../../../src/gateway/hold/step.js';
import type { Chance as Stream } from '../seed/prng.js';
import { Chance } from '../seed/prng.js';
import { type Agenda, createAgenda } from './agenda.js';
import type { Hold } from './production.js';
import { type Seen, SimProxy } from './proxy.js';
import { drawScene, type FaultKind, type Scene } from './scene.js';

const THE_HOLD: Hold = { createHoldState, step, wantsLook, assertEveryRequest };
/** Time without faults at the end, in which everything must come to its end. */
const QUIET_MS = 4 * 60_000;
const OUTAGE_MS = 150_000;
const BURST = 60;

/** What a run reached. */
export interface Tally {
  requests: number;
  ends: Record<string, number>;
  deaths: number;
  convictions: number;
  suspected: number;
  worstPoisonDeaths: number;
}

/** One scene: faults first, then quiet. @throws where a promise is broken. */
export function runScene(
  seed: number,
  change: (scene: Scene) => void = () => {},
  hold: Hold = THE_HOLD,
): Tally {
  const scene = drawScene(seed);
  change(scene);
  const chance = new Chance(seed).fork('world');
  const agenda = createAgenda();
  const proxy = new SimProxy(scene, agenda, chance.fork('proxy'), hold);
  const endMs = scene.minutes * 60_000;
  for (let client = 0; client < scene.clients.count; client++) {
    const arrive = () => proxy.arrive('plain', `client ${client}`, `text ${proxy.requests}`);
    every({ agenda, chance, meanMs: scene.clients.everyMs, endMs, run: arrive });
  }
  const faults = faultsOf(proxy, chance, agenda);
  for (const { kind, everyMs } of scene.faults) {
    every({ agenda, chance, meanMs: everyMs, endMs, run: faults[kind] });
  }
  proxy.begin();
  agenda.run(endMs + QUIET_MS);

  const { ended, state, server } = proxy;
  assert.equal(ended.length, proxy.requests, 'L1: some requests have not ended');
  assert.equal(state.requests.size + state.bytes, 0, 'L1: the hold is not empty');
  assert.ok(server.healthy(), 'L1: the server is not');
  return {
    requests: proxy.requests,
    ends: countEnds(ended),
    deaths: server.deaths,
    convictions: state.counts.convictions,
    suspected: proxy.suspected,
    worstPoisonDeaths: Math.max(0, ...proxy.poisonDeaths.values()),
  };
}

interface Every {
  agenda: Agenda;
  chance: Stream;
  meanMs: number;
  endMs: number;
  run: () => void;
}

function every(plan: Every): void {
  const { agenda, chance, meanMs, endMs, run } = plan;
  agenda.at(agenda.nowMs() + chance.wait(meanMs), () => {
    if (agenda.nowMs() > endMs) return;
    run();
    every(plan);
  });
}

function faultsOf(proxy: SimProxy, chance: Stream, agenda: Agenda): Record<FaultKind, () => void> {
  const { server } = proxy;
  const untold = (run: () => void) => () => {
    proxy.untold += 1;
    run();
  };
  return {
    death: untold(() => server.die(null)),
    'told-death': () => {
      const first = chance.yes(0.5);
      if (first) proxy.emit({ type: 'told', by: 'drill', death: 'next' });
      server.die(null);
      const say = () => proxy.emit({ type: 'told', by: 'kernel', death: 'last' });
      if (!first) agenda.at(agenda.nowMs() + 100, say);
    },
    hang: untold(() => server.hang()),
    slow: () => proxy.arrive('slow', 'slow', `slow ${proxy.requests}`),
    poison: () => proxy.arrive('poison', 'poisoner', `at once ${chance.int(0, 2)}`),
    'slow-poison': () => proxy.arrive('poison', 'poisoner', `late ${chance.int(0, 2)}`),
    burst: () => {
      for (let i = 0; i < BURST; i++) proxy.arrive('plain', 'greedy', `burst ${proxy.requests}`);
    },
    leave: () => {
      for (const seen of proxy.present()) if (chance.yes(0.5)) proxy.leave(seen);
    },
    'broken-connection': untold(() => server.breakOne()),
    'long-outage': untold(() => {
      server.loadFor(OUTAGE_MS);
      server.die(null);
    }),
  };
}

function countEnds(ended: Seen[]): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const { end } of ended) ends[String(end)] = (ends[String(end)] ?? 0) + 1;
  return ends;
}
