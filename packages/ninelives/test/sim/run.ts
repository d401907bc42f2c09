import type { Policy } from '../../src/core/policy.js';
import { LOOKS, type Mode } from './box/life.js';
import { SERVICE } from './box/machine.js';
import type { Production } from './mutants/production.js';
import type { Mark } from './seed/marks.js';
import { drawScenario } from './seed/swarm.js';
import { TEND_MS, World } from './world.js';

const HOUR_MS = 3_600_000;
/** Watched on after all is well: a guard that goes on killing shows here. */
const AFTERMATH_MS = 5 * 60_000;

export interface Broken {
  invariant: string;
  message: string;
  lines: string[];
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

/** One weekend: safety under faults, then the faults stop and it must become well (L1). */
export function runWeekend(seed: number, hours: number, production: Production): Weekend {
  const world = new World(drawScenario(seed, hours), production);
  const { stage, truth } = world;
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
    };
  }
  return {
    seed,
    virtualMs: stage.nowMs,
    events: stage.time.events,
    kills: truth.killed,
    incidents: truth.incidentsSeen.size,
    hash: (stage.hash ^ stage.time.events) >>> 0,
    marks: [...stage.marks],
    broken,
  };
}

function becomeWell(world: World): void {
  const { stage } = world;
  const withinMs = boundMs(world);
  world.calm();
  const until = stage.nowMs + withinMs;
  while (!isWell(world)) {
    if (stage.time.step(until)) continue;
    const state = world.daemon.guard?.state();
    const { life } = world.server;
    stage.require(
      false,
      'L1',
      `not well ${(withinMs / 1000).toFixed(0)} s after the faults stopped: server ${life?.mode ?? 'down'}, unit ` +
        `${world.supervisor.phase}, ${state?.incident?.id ?? 'no incident'}, ${state?.verdict.sentence}, withheld ${state?.withheld}`,
    );
  }
  stage.log('--- well again ---');
}

function isWell(world: World): boolean {
  const { life } = world.server;
  if (!life?.healthy) return false;
  const state = world.daemon.guard?.state();
  return state?.incident === null && state.intent === null && state.verdict.kind === 'serving';
}

/**
 * L1, from the policy: interval + threshold × (deadline + confirm) + restart + load + success × interval, with the
 * waits that the rules themselves impose (patience with work, start-up, budget, slowing down, start limit) added openly.
 */
function boundMs(world: World): number {
  const { policy, unit, server, timing } = world.stage.scenario;
  const { deadlineMaxMs, confirmMs, intervalMs } = policy;
  const inFlight = deadlineMaxMs + intervalMs;
  const silent = policy.failureThreshold * (deadlineMaxMs + confirmMs);
  const judged = policy.judgedFailures * (deadlineMaxMs + confirmMs);
  const restart = 5_000 + 2 * unit.stopTimeoutMs + unit.restartMs + 10_000;
  const load = server.loadMs[1] + 1_000;
  const success = policy.successThreshold * Math.max(intervalMs, confirmMs + 1_000) + deadlineMaxMs;
  const looks = 4 * timing.inspectMs + 4 * timing.inspectQuickMs;
  const admin = 2 * TEND_MS + policy.leftoverGraceMs;
  const base = admin + inFlight + restart + load + success + looks;
  const { life } = world.server;
  if (!life || life.healthy) return base;
  const startup = life.answered ? 0 : policy.startupGraceMs + policy.startupStallMs;
  return (
    base + Math.max(silent, judged) + startup + patienceMs(policy, life.mode, server.unseen) + waitMs(world)
  );
}

/** What the rules wait for before silence counts as a hang: longer when the server is seen to be at work. */
function patienceMs(policy: Policy, mode: Mode, unseen: boolean): number {
  const works = LOOKS[mode].movesPerS >= 1;
  const opaqueMs = Math.max(policy.opaquePatienceMs, policy.opaqueFactor * policy.deadlineMaxMs);
  return (
    Math.max(
      policy.idlePatienceMs,
      policy.jamPatienceMs,
      works ? policy.busyLimitMs : 0,
      unseen ? opaqueMs : 0,
    ) + 10_000
  );
}

function waitMs(world: World): number {
  const { stage, truth } = world;
  const { policy, unit } = stage.scenario;
  const longest = Math.max(policy.windowMs, policy.slowMaxMs);
  const sinceMs = stage.nowMs - truth.lastKillMs;
  // After a reboot with a stepped wall clock, an age that can't be known counts as just now.
  const budget = truth.clockWasOdd ? longest : Math.max(0, longest - sinceMs);
  return budget + unit.intervalMs;
}

function nothingLeft(world: World): void {
  const { stage, disk, truth } = world;
  const open = disk.record.load(SERVICE)?.openIntents ?? [];
  stage.require(open.length === 0, 'L1', `intent ${open[0]?.id} is still open at the end`);
  const pages = disk.record.outboxPending().map((row) => row.page.id);
  stage.require(new Set(pages).size === pages.length, 'I10', 'a page is in the outbox twice');
  stage.require(
    pages.length === truth.storedPages.size,
    'I10',
    `${pages.length} of ${truth.storedPages.size} pages`,
  );
}
