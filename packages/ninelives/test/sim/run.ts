import { LOOKS, type Mode } from './box/life.js';
import type { Production } from './mutants/production.js';
import type { Mark } from './seed/marks.js';
import { drawScenarios, type Fault, type Scenario } from './seed/swarm.js';
import { TEND_MS, type Tenant } from './tenant.js';
import { World } from './world.js';

const HOUR_MS = 3_600_000;
/** Watched on after all is well: a guard that goes on killing shows here. */
const AFTERMATH_MS = 5 * 60_000;

export interface Broken {
  invariant: string;
  message: string;
  lines: string[];
  /** Of all kinds of faults that this weekend could have, only these were let loose; null: all. */
  faults: Fault[] | null;
}

export interface Weekend {
  seed: number;
  virtualMs: number;
  events: number;
  kills: number;
  incidents: number;
  /** FNV-1a of the log: the same seed and hours give the same. */
  hash: number;
  marks: Mark[];
  broken: Broken | null;
}

/**
 * One weekend: safety under faults, then the faults stop and it must become well (L1).
 * @param only of all that its seed has in store, let only these kinds of faults loose
 */
export function runWeekend(
  seed: number,
  hours: number,
  production: Production,
  only: Fault[] | null = null,
): Weekend {
  const [first, ...others] = drawScenarios(seed, hours).map((scenario) => ({
    ...scenario,
    faults: scenario.faults.filter(({ fault }) => only?.includes(fault) ?? true),
  }));
  const world = new World([first as Scenario, ...others], production);
  const { stage, services } = world;
  let broken: Broken | null = null;
  try {
    world.begin();
    while (stage.time.step(hours * HOUR_MS));
    becomeWell(world);
    for (const until = stage.nowMs + AFTERMATH_MS; stage.time.step(until); );
    nothingLeft(world);
  } catch (error) {
    const { name, message, invariant, stack } = error as Error & { invariant?: string };
    const known = name === 'Violation' || name === 'InvariantError';
    broken = {
      invariant: invariant ?? 'crash',
      message: known ? `${name === 'InvariantError' ? 'assert ' : ''}${message}` : (stack ?? message),
      lines: stage.lastLines(),
      faults: only,
    };
  }
  const sum = (of: (service: Tenant) => number) => services.reduce((all, service) => all + of(service), 0);
  return {
    seed,
    virtualMs: stage.nowMs,
    events: stage.time.events,
    kills: sum(({ truth }) => truth.killed),
    incidents: sum(({ truth }) => truth.incidentsSeen.size),
    hash: (stage.common.hash ^ stage.time.events) >>> 0,
    marks: [...stage.common.marks],
    broken,
  };
}

function becomeWell(world: World): void {
  const { stage, services } = world;
  const withinMs = Math.max(...services.map(boundMs));
  world.calm();
  const until = stage.nowMs + withinMs;
  while (!services.every(({ isWell }) => isWell)) {
    if (stage.time.step(until)) continue;
    for (const { stage: its, seat, server, supervisor, isWell } of services) {
      const { state } = seat;
      its.require(
        isWell,
        'L1',
        `not well ${(withinMs / 1000).toFixed(0)} s after the faults stopped: ${its.service} ${server.life?.mode ?? 'down'}, ` +
          `unit ${supervisor.phase}, ${state?.incident?.id ?? 'no incident'}, ${state?.verdict.sentence}, withheld ${state?.withheld}`,
      );
    }
  }
  stage.log('--- well again ---');
}

/**
 * L1, from the policy: interval + threshold × (deadline + confirm) + restart + load + success × interval, with the
 * waits that the rules themselves impose (patience with work, start-up, budget, slowing down, start limit) added openly.
 */
function boundMs(service: Tenant): number {
  const { policy, unit, server, timing } = service.stage.scenario;
  const { deadlineMaxMs, confirmMs, intervalMs } = policy;
  const inFlight = deadlineMaxMs + intervalMs;
  const silent = policy.failureThreshold * (deadlineMaxMs + confirmMs);
  const judged = policy.judgedFailures * (deadlineMaxMs + confirmMs);
  const restart = 5_000 + 2 * unit.stopTimeoutMs + unit.restartMs + 10_000;
  const load = server.loadMs[1] + 1_000;
  const success = policy.successThreshold * Math.max(intervalMs, confirmMs + 1_000) + deadlineMaxMs;
  const looks = 4 * timing.inspectMs + 4 * timing.inspectQuickMs;
  // The present pass may have to come to its limit first; each next one is two minutes away.
  const cron = service.stage.common.cron ? 10 * 60_000 + 3 * 120_000 : 0;
  const admin = 2 * TEND_MS + policy.leftoverGraceMs;
  const base = cron + admin + inFlight + restart + load + success + looks;
  const { life } = service.server;
  if (!life || life.healthy) return base;
  const startup = life.answered ? 0 : policy.startupGraceMs + policy.startupStallMs;
  return base + Math.max(silent, judged) + startup + patienceMs(service, life.mode) + waitMs(service);
}

/** What the rules wait for before silence counts as a hang: longer when it is seen to be at work, or may be unseen. */
function patienceMs(service: Tenant, mode: Mode): number {
  const { policy, server } = service.stage.scenario;
  // What clients wait for may be expected to take as long as anything before.
  const works = LOOKS[mode].movesPerS >= 1 || server.counter === 'gateway';
  const unseen = server.unseen || server.gpu || server.counter === 'gateway';
  const opaqueMs = Math.max(policy.opaquePatienceMs, policy.opaqueFactor * policy.deadlineMaxMs);
  const idleMs = Math.max(policy.idlePatienceMs, policy.jamPatienceMs);
  return Math.max(idleMs, works ? policy.busyLimitMs : 0) + (unseen ? opaqueMs : 0) + 10_000;
}

function waitMs(service: Tenant): number {
  const { stage, truth } = service;
  const { policy, unit } = stage.scenario;
  const longest = Math.max(policy.windowMs, policy.slowMaxMs);
  const sinceMs = stage.nowMs - truth.lastKillMs;
  // After a reboot with a stepped wall clock, an age that can't be known counts as just now.
  const budget = truth.clockWasOdd ? longest : Math.max(0, longest - sinceMs);
  return budget + unit.intervalMs;
}

function nothingLeft(world: World): void {
  const { stage, disk, services } = world;
  let stored = 0;
  for (const { stage: its, truth } of services) {
    const open = disk.record.load(its.service)?.openIntents ?? [];
    its.require(open.length === 0, 'L1', `intent ${open[0]?.id} is still open at the end`);
    stored += truth.storedPages.size;
  }
  const pages = disk.record.outboxPending().map((row) => row.page.id);
  stage.require(new Set(pages).size === pages.length, 'I10', 'a page is in the outbox twice');
  stage.require(pages.length === stored, 'I10', `${pages.length} of ${stored} pages`);
}
