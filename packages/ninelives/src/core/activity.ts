import { GPU_FRESH_MS, gpuWork, unseenOf } from './gpu.js';
import { sameProcess } from './identity.js';
import type { Life } from './life.js';
import type { CheapAnswer, ProcessSample, UnitSnapshot } from './types.js';

/** More than this share of a core by the doers counts as work: an idle server with a poller stays below 2 %. */
const ACTIVE_CORES = 0.1;
/** Bytes read or written per second that count as work: a model is loaded or a data set is read, not a log line. */
const ACTIVE_BYTES_PER_S = 1024 * 1024;
/**
 * On a machine that is short of CPU a batch gets little of it, but whenever one looks it wants some (state R). An idle
 * server is caught running once in many looks.
 */
const RUNNING_SHARE = 0.5;
const LOOKS_NEEDED = 2;
/** Shorter windows would take one garbage collection for work. */
const WINDOW_MS = 1_000;
/** The work of the last seconds is lost in the average of a longer one: it shows work, but no idleness. */
const WINDOW_MAX_MS = 10_000;
/** Work seen this long ago still counts as going on. */
const ACTIVE_FOR_MS = 3 * WINDOW_MS;
/** A child with this share of the tree's CPU time is where the work is done. */
const DOER_SHARE = 0.2;

/**
 * The processes that do the work: the children, where one of them has done a good part of it so far, apart from the
 * main process, which goes on answering cheap requests while its engine is stuck. Else the whole tree.
 */
function doersOf(processes: ProcessSample[]): ProcessSample[] {
  const total = processes.reduce((sum, process) => sum + process.cpuMs, 0);
  const children = processes.filter((process) => !process.main);
  return children.some((child) => child.cpuMs > DOER_SHARE * total) ? children : processes;
}

/** Takes in what the doers have done since the last window, and remembers when they were last seen at work. */
export function noteActivity(life: Life, unit: UnitSnapshot, takenInAtMs: number): void {
  const atMs = unit.readAtMs ?? takenInAtMs;
  const doers = doersOf(unit.processes);
  const cpuMs = doers.reduce((sum, process) => sum + process.cpuMs, 0);
  const ioBytes = doers.reduce((sum, process) => sum + process.ioBytes, 0);
  const before = life.pulse;
  const elapsedMs = atMs - before.atMs;
  const looks = (before.looks ?? 0) + 1;
  const running = (before.running ?? 0) + (doers.some(({ state }) => state === 'R') ? 1 : 0);
  if (elapsedMs < WINDOW_MS) {
    life.pulse = { ...before, looks, running };
    return;
  }
  const cores = (cpuMs - before.cpuMs) / elapsedMs;
  const bytesPerS = ((ioBytes - before.ioBytes) / elapsedMs) * 1_000;
  const starved = looks >= LOOKS_NEEDED && running > RUNNING_SHARE * looks;
  if (cores > ACTIVE_CORES || bytesPerS > ACTIVE_BYTES_PER_S || starved) life.activeAtMs = atMs;
  else noteRest(life, atMs, elapsedMs);
  life.pulse = { atMs, cpuMs, ioBytes };
}

function noteRest(life: Life, atMs: number, elapsedMs: number): void {
  const { restAtMs = 0 } = life.sight ?? {};
  if (restAtMs <= (life.activeAtMs ?? 0)) life.sight = { ...life.sight, restAtMs: atMs };
  if (elapsedMs > WINDOW_MAX_MS) life.sight = { ...life.sight, seenAgainAtMs: atMs };
}

/**
 * Remembers when work was last seen on a GPU, and when there was work that nobody can see. The last reading of a calm
 * time may be a minute old when a silence begins; the next one comes soon, so that much blindness counts for nothing.
 */
export function noteGpu(life: Life, unit: UnitSnapshot, atMs: number): void {
  if (gpuWork(unit, atMs) !== null) {
    life.sight = { ...life.sight, gpuAtMs: atMs };
    if (life.answeredAtMs === null) life.movedAtMs = atMs; // warming up, or found at work by a guard that has just come (I2)
  }
  const silentMs = atMs - (life.firstFailureAtMs ?? atMs);
  const blind = silentMs >= GPU_FRESH_MS && unseenOf(unit, atMs) !== null;
  if (blind) life.sight = { ...life.sight, unseenAtMs: atMs };
}

/** Takes in how the cheap endpoints answered beside a probe: none of them, for how long, is what a jam is seen from. */
export function noteCheap(life: Life, cheap: readonly CheapAnswer[], startedAtMs: number): void {
  const before = life.sight?.cheapSilent ?? null;
  const silent = cheap.length > 0 && cheap.every(({ status }) => status === null);
  if (!silent && before === null) return;
  const now = { probes: (before?.probes ?? 0) + 1, sinceMs: before?.sinceMs ?? startedAtMs };
  life.sight = { ...life.sight, cheapSilent: silent ? now : null };
}

/** Were the doers at work in the last windows that we have seen? However long ago that was: blindness is not idleness. */
export function isActive(life: Life): boolean {
  return life.activeAtMs !== null && life.pulse.atMs - life.activeAtMs < ACTIVE_FOR_MS;
}

/**
 * The children that were there at two right answers running: a crew that is part of serving, and not something that
 * was merely passing by.
 */
export function noteCrew(life: Life, unit: UnitSnapshot | null): void {
  const now = (unit?.processes ?? []).filter((process) => !process.main && isWell(process));
  life.crew = now
    .filter((process) => life.present.some((known) => sameProcess(process, known)))
    .map(({ pid, startTicks }) => ({ pid, startTicks }));
  life.present = now.map(({ pid, startTicks }) => ({ pid, startTicks }));
}

/** A member of the crew that is stopped, a zombie, or gone and not replaced; in words, or null. */
export function casualtyOf(life: Life, unit: UnitSnapshot): string | null {
  const children = unit.processes.filter((process) => !process.main);
  for (const member of life.crew) {
    const now = children.find((process) => sameProcess(process, member));
    if (now?.state === 'T') return `its child ${now.pid} (${now.name}) is stopped (T)`;
    if (now?.state === 'Z') return `its child ${now.pid} (${now.name}) is dead and not reaped (Z)`;
    if (!now && children.filter(isWell).length < life.crew.length) return `its child ${member.pid} is gone`;
  }
  return null;
}

/** The main process stopped, or a child of the crew stopped, dead or gone, in words; null when all are well. */
export function harmOf(life: Life, unit: UnitSnapshot): string | null {
  const main = unit.processes.find((process) => process.main);
  if (main?.state === 'T') return `pid ${main.pid} is stopped (T)`;
  return casualtyOf(life, unit);
}

/** It said 429: with all of its processes well, or not. */
export function noteFullHarm(life: Life, unit: UnitSnapshot | null, atMs: number): void {
  const harmed = unit !== null && harmOf(life, unit) !== null;
  const { sinceMs, answers } = life.fullHarm ?? { sinceMs: atMs, answers: 0 };
  life.fullHarm = harmed ? { sinceMs, answers: answers + 1 } : null;
}

function isWell(process: ProcessSample): boolean {
  return process.state !== 'Z';
}
