import type { ProbeReason } from '../../../src/core/types.js';
import type { Life, Mode, Told } from '../box/life.js';
import { LOOKS } from '../box/life.js';
import type { Server } from '../box/server.js';
import type { Stage } from '../box/stage.js';
import type { Supervisor } from '../box/supervisor.js';

/** The world's own table, on purpose not the core's. */
const SILENT: ReadonlySet<ProbeReason> = new Set(['timeout', 'refused', 'reset']);
const SPOKE: ReadonlySet<ProbeReason> = new Set(['wrong', 'error']);
const FAILED: ReadonlySet<ProbeReason> = new Set([...SILENT, 'unavailable', 'error', 'wrong']);
const COUNTED: ReadonlySet<ProbeReason> = new Set([...FAILED, 'ok']);

/** Movement counts by whole units; at an idle server's pace one takes this long. */
const ONE_UNIT_MS = 11_000;
/** What was told this lately decides now, not a look or a budget that had to be waited for; or until it is asked again. */
const JUST_TOLD_MS = 4_000;
/** A failure that was taken in this long after its deadline is the guard's own fault, and none (I6; daemon/eyes.ts). */
const LATE_MS = 10_000;

/** Was this main process rightly killed? Judged on what it truly did and what was truly told about it. */
export function judgeKill(stage: Stage, server: Server, supervisor: Supervisor, life: Life): void {
  const { policy, unit } = stage.scenario;
  const { nowMs } = stage;
  const age = nowMs - life.bornMs;
  // What only a stranger answered may count as an answer or as none: it depends on when the guard looked.
  const loading = !life.answered || (life.answeredByStranger && age >= policy.startupGraceMs);
  if (loading) {
    stage.require(age >= policy.startupGraceMs, 'I2', `killed ${age} ms old, within the grace`);
    const still = nowMs - life.lastMovedMs(nowMs);
    stage.require(
      still >= policy.startupStallMs - ONE_UNIT_MS,
      'I2',
      `killed while it loads: moved ${still} ms ago`,
    );
  } else {
    const why = guilty(stage, server, life);
    const spoke = life.told.some(({ reason }) => FAILED.has(reason) || reason === 'busy');
    stage.require(spoke, 'I6', 'killed on what could not be seen, or on a refused request, alone');
    stage.require(why !== null, 'I1', `killed without evidence: ${tellTail(life)}`);
  }
  const wellForMs = life.healthy ? nowMs - life.modeSinceMs : 0;
  const excusedMs = policy.deadlineMaxMs + policy.intervalMs + 5_000;
  stage.require(wellForMs <= excusedMs, 'I1', `killed a server that was well for ${wellForMs} ms`);
  if (unit.burst > 0) {
    const starts = supervisor.starts.filter((start) => start > nowMs - unit.intervalMs).length;
    stage.require(starts + 2 <= unit.burst, 'I3', `${starts} starts of ${unit.burst}, and a kill`);
  }
  const foreignMs = server.foreign ? nowMs - server.foreign.sinceMs : 0;
  stage.require(foreignMs <= 11_000, 'I3', `a kill while a stranger owned the port for ${foreignMs} ms`);
}

function guilty(stage: Stage, server: Server, life: Life): string | null {
  const { policy } = stage.scenario;
  const harmed = isHarmed(life);
  const doneMs = stage.scenario.server.counter === 'none' ? 0 : knownDoneMs(stage, life);
  // Told to wait, and by nobody but what is left of it.
  const heard = life.told.filter(({ reason, lateMs }) => lateMs < LATE_MS || !FAILED.has(reason));
  const since = heard.filter(({ toldMs }) => toldMs >= life.modeSinceMs);
  if (harmed && since.at(-1)?.reason === 'busy' && unservedRun(since, doneMs) >= policy.failureThreshold)
    return 'full, and a process is lost';
  const counted = heard.filter(({ reason }) => COUNTED.has(reason));
  const last = counted.at(-1);
  if (!last || last.reason === 'ok') return null;
  const silentMs = stage.nowMs - Math.max(life.failingSinceMs ?? stage.nowMs, doneMs);
  const silent = silentRun(heard, doneMs) >= policy.failureThreshold;
  // Work that was seen on the GPU before it could not be read any more.
  const workMs = LOOKS[modeOf(stage, life)].gpu ? server.gpu.seenAtWorkMs : Number.NEGATIVE_INFINITY;
  const unreadMs = stage.nowMs - workMs;
  const patient = silentMs >= policy.busyLimitMs || unreadMs >= policy.opaquePatienceMs;
  if (silent && patient && silentMs >= patienceMs(stage, server, life)) return 'silent';
  if (harmed && unservedRun(heard, doneMs) >= policy.failureThreshold) return 'full, and a process is lost';
  const spoke = counted.slice(-policy.judgedOf).filter(({ reason }) => SPOKE.has(reason));
  if (spoke.length >= policy.judgedFailures) return 'judged';
  return isIntermittent(stage, life, counted) ? 'intermittent' : null;
}

/** Failures with a right answer in between, or 503 again and again; mere silence is not intermittent. */
function isIntermittent(stage: Stage, life: Life, counted: Told[]): boolean {
  const { policy } = stage.scenario;
  const window = counted.slice(-policy.intermittentOf);
  // A lost process says why some requests fail, so fewer failures are enough.
  const needed = isHarmed(life) ? policy.judgedFailures : policy.intermittentFailures;
  const failed = window.filter(({ reason }) => FAILED.has(reason));
  const lastRight = window.findLastIndex(({ reason }) => reason === 'ok');
  const mixed = window.slice(0, Math.max(0, lastRight)).some(({ reason }) => FAILED.has(reason));
  const refused = failed.filter(({ reason }) => reason === 'unavailable');
  return (mixed ? failed : refused).length >= needed;
}

/**
 * How long it must have been silent, by what it truly does and what can be seen of that: the policy's own promises. The
 * least of them where it depends on when somebody looked.
 */
function patienceMs(stage: Stage, server: Server, life: Life): number {
  const { policy, server: settings } = stage.scenario;
  const mode = modeOf(stage, life);
  const { movesPerS, cheap, gpu } = LOOKS[mode];
  if (isHarmed(life)) return 0;
  if (movesPerS >= 1) return cheap ? policy.busyLimitMs : policy.jamPatienceMs;
  if (gpu && server.gpu.isRead()) return policy.busyLimitMs;
  const asked = settings.counter === 'gateway' && mode === 'client-batch';
  if (asked) return life.likeMs === null ? policy.opaquePatienceMs : policy.busyLimitMs;
  // A counter that stands still, or clients who wait too long, need no patience.
  if (settings.counter === 'own' && cheap) return 0;
  if (settings.counter === 'gateway' && life.everyMs > 0) return 0;
  if (gpu) return Math.min(policy.busyLimitMs, policy.opaquePatienceMs);
  const seen = !settings.unseen && !settings.gpu;
  if (seen) return policy.idlePatienceMs;
  return settings.unseen ? policy.opaquePatienceMs : Math.min(policy.idlePatienceMs, policy.opaquePatienceMs);
}

/**
 * The last finished work that the guard must know of: up to this moment when a probe's outcome decided, else up to
 * the last reading of the counter (a kill that had to wait for its budget).
 */
function knownDoneMs(stage: Stage, life: Life): number {
  if (stage.scenario.server.counter !== 'gateway' && !LOOKS[modeOf(stage, life)].cheap) return 0;
  const toldMs = life.told.at(-1)?.toldMs ?? 0;
  const decidedNow = stage.nowMs - toldMs < justToldMs(stage);
  const { timing } = stage.scenario;
  const readMs = stage.nowMs - timing.completionsMs - timing.inspectMs - 1_000;
  return life.lastCompletionMs(decidedNow ? toldMs : readMs);
}

/** What it did when the outcome came that decides: it may go over to something else while the signal is on its way. */
function modeOf(stage: Stage, life: Life): Mode {
  const last = life.told.at(-1);
  return last && stage.nowMs - last.toldMs < justToldMs(stage) ? last.mode : life.mode;
}

function justToldMs({ scenario: { policy, timing } }: Stage): number {
  return Math.max(JUST_TOLD_MS, policy.confirmMs + timing.inspectQuickMs + 1_000);
}

/** Is a process of its tree truly stopped or gone? */
function isHarmed(life: Life): boolean {
  return life.main.state === 'T' || life.workers.some((proc) => !proc.alive || proc.state !== 'S');
}

/** Outcomes in a row in which nothing was served, to us or to others: silence, or told to wait (429). */
function unservedRun(told: Told[], doneMs: number): number {
  const served = told.findLastIndex(
    ({ reason, toldMs }) => (reason !== 'busy' && !SILENT.has(reason)) || toldMs <= doneMs,
  );
  return told.length - 1 - served;
}

/** Silent outcomes in a row up to now, told after the last finished work; any answer ends the row, blindness does not. */
function silentRun(told: Told[], doneMs: number): number {
  let run = 0;
  for (let i = told.length - 1; i >= 0; i--) {
    const { reason, toldMs } = told[i] as Told;
    if (reason === 'blind') continue;
    if (!SILENT.has(reason) || toldMs <= doneMs) break;
    run += 1;
  }
  return run;
}

function tellTail(life: Life): string {
  return life.told
    .map(({ reason }) => reason)
    .slice(-10)
    .join(' ');
}
