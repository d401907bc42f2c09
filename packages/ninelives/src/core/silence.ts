import { harmOf, isActive } from './activity.js';
import type { GuardState, Verdict } from './decision.js';
import { gpuWork, isGpuRead, unseenOf } from './gpu.js';
import type { Life } from './life.js';
import type { Policy } from './policy.js';
import { lastDoneAtMs } from './run.js';
import { trafficNow } from './traffic.js';
import type { CheapAnswer, UnitSnapshot } from './types.js';
import { patienceMs } from './verdicts.js';

/**
 * Silence, judged: `failureThreshold` probes in a row brought nothing back, and nothing was seen to complete in
 * between. What it is depends on what can be seen meanwhile; first match wins, in the order of verdicts.ts.
 */
export function silentVerdict(state: GuardState, life: Life, policy: Policy, atMs: number): Verdict | null {
  const { unit } = state;
  const outcome = life.lastOutcome;
  if (!unit || !outcome || life.failures < policy.failureThreshold) return null;
  const told = `${life.failures} probes in a row: ${outcome.detail}${cheapClause(outcome.cheap)}${queueClause(unit)}`;
  const sight = lookAt(state, life, unit, policy, atMs);
  const silentMs = atMs - sight.sinceMs;
  if (silentMs >= sight.patienceMs)
    return { kind: sight.ends, sentence: `${sight.ends}: ${told}; ${sight.seen}` };
  const left = seconds(sight.patienceMs - silentMs);
  return { kind: sight.waits, sentence: `${sight.waits}: ${told}; ${sight.seen}; counts as hung in ${left}` };
}

/**
 * 429 is an answer, and no failure (I6): full, or rationed, and neither is mended by a kill. But with a process of it
 * stopped or lost, a queue that stays full for `idlePatience` is silence in another dress; and 429 without a single right
 * answer, ours or anybody's, for `busyLimit` is for a person to look at.
 */
export function fullVerdict(state: GuardState, life: Life, policy: Policy, atMs: number): Verdict | null {
  const since = life.fullSinceMs;
  if (!state.unit || since === null || life.fullAnswers + life.failures < policy.failureThreshold)
    return null;
  const told = `told to wait (429) for ${seconds(atMs - since)}`;
  if (isFullAndHarmed(life, state.unit, policy, atMs)) {
    return { kind: 'hung', sentence: `hung: ${told}; ${harmOf(life, state.unit)}` };
  }
  if (atMs - since < policy.busyLimitMs) return null;
  return { kind: 'full', sentence: `full: ${told}, without one right answer` };
}

/**
 * Evidence for a kill behind 429s: enough of them, for long enough, all since a process of it was stopped or lost. What
 * was refused before that was a full queue: a worker that is replaced in the middle of a rush is no hang.
 */
export function isFullAndHarmed(life: Life, unit: UnitSnapshot, policy: Policy, atMs: number): boolean {
  const { fullHarm } = life;
  if (fullHarm === null || harmOf(life, unit) === null) return false;
  return fullHarm.answers >= policy.failureThreshold && atMs - fullHarm.sinceMs >= policy.idlePatienceMs;
}

/** What is seen, in words; what it is called while patience lasts and after; and since when that counts. */
interface Sight {
  seen: string;
  waits: 'stalled' | 'busy' | 'opaque' | 'suspect';
  ends: 'frozen' | 'hung';
  patienceMs: number;
  sinceMs: number;
}

function lookAt(state: GuardState, life: Life, unit: UnitSnapshot, policy: Policy, atMs: number): Sight {
  const failingSinceMs = life.firstFailureAtMs ?? atMs;
  // Work that completes begins every patience anew, however long our own question has waited behind it.
  const sinceMs = Math.max(failingSinceMs, lastDoneAtMs(life));
  const atOnce = (ends: 'frozen' | 'hung', seen: string): Sight => {
    return { seen, waits: 'suspect', ends, patienceMs: 0, sinceMs };
  };
  const wait = (waits: Sight['waits'], seen: string, more: Partial<Sight> = {}): Sight => {
    return { seen, waits, ends: 'hung', patienceMs: patienceMs(waits, policy), sinceMs, ...more };
  };
  const frozen = unit.processes.some((process) => process.main && process.state === 'T');
  const harm = harmOf(life, unit);
  if (harm) return atOnce(frozen ? 'frozen' : 'hung', harm);
  const work = workOf(life, unit, atMs);
  if (work) {
    // A cheap answer that is missed in the middle of a batch is no jam, and surely none of its whole length.
    const jam = life.sight?.cheapSilent ?? null;
    return jam !== null && jam.probes >= policy.failureThreshold
      ? wait('stalled', `its event loop is blocked, and it is at work (${work})`, {
          sinceMs: Math.max(sinceMs, jam.sinceMs),
        })
      : wait('busy', `it is at work (${work}), and nothing tells whether it gets anywhere`);
  }
  const traffic = trafficNow(life, atMs);
  if (traffic?.kind === 'expected') return wait('busy', traffic.text);
  const idle = isGpuRead(unit.gpu, atMs) ? 'no CPU, no I/O, no GPU activity' : 'no CPU, no I/O';
  const { gpuAtMs, restAtMs = 0, seenAgainAtMs = 0, askedAtMs = failingSinceMs } = life.sight ?? {};
  // In this very silence, which may be older than this guard.
  const outOfSight = gpuAtMs !== undefined && !isGpuRead(unit.gpu, atMs);
  const unseen = unseenOf(unit, atMs) ?? (outOfSight ? 'its GPU was at work and is out of sight' : null);
  // A counter, or clients who wait, settle it; but not what can't be seen any more, nor before it was asked again: what was
  // asked while it worked may just have become its turn, and what was asked while nobody saw it may be worked on.
  const askedSince = askedAtMs >= Math.max(gpuAtMs ?? 0, life.activeAtMs ?? 0, restAtMs, seenAgainAtMs);
  // Nor while the unit itself can't be seen: what was asked since may be worked on.
  const settled = askedSince && !outOfSight && state.unitAtMs >= askedAtMs;
  if (settled && standsStillSince(life, failingSinceMs))
    return atOnce('hung', `${idle}, and its counter of finished work stands still`);
  if (settled && traffic?.kind === 'standing') return atOnce('hung', `${idle}, and ${traffic.text}`);
  const stillSinceMs = stillSince(life, sinceMs);
  if (unseen) {
    const longestMs = policy.opaqueFactor * state.longestMs;
    const hint = 'a progress counter or the gateway would make it seconds';
    const trouble = unit.gpu && 'trouble' in unit.gpu ? `; ${unit.gpu.trouble}` : '';
    return wait('opaque', `${unseen}${trouble}, so busy looks like hung from here (${hint})`, {
      patienceMs: Math.max(patienceMs('opaque', policy), longestMs),
      sinceMs: stillSinceMs,
    });
  }
  if (traffic?.kind === 'unlearnt') {
    return wait('opaque', `${idle}, but ${traffic.text}`, { sinceMs: stillSinceMs });
  }
  // What nobody could see was not standing still.
  return wait('suspect', idle, { sinceMs: Math.max(stillSinceMs, life.sight?.unseenAtMs ?? sinceMs) });
}

/**
 * What moved a while ago, or was expected to take its time, has stopped since or is out of sight: counted from there. And
 * while the whole unit was out of sight, nobody can say that it did not move.
 */
function stillSince({ activeAtMs, sight }: Life, sinceMs: number): number {
  const { gpuAtMs = sinceMs, expectedAtMs = sinceMs, seenAgainAtMs = sinceMs } = sight ?? {};
  return Math.max(sinceMs, activeAtMs ?? sinceMs, gpuAtMs, expectedAtMs, seenAgainAtMs);
}

/** What of it is at work, in words; null when nothing that can be seen is. */
function workOf(life: Life, unit: UnitSnapshot, atMs: number): string | null {
  return isActive(life) ? 'CPU or I/O' : gpuWork(unit, atMs);
}

/** The counter was read since then, and nothing was seen to complete. */
function standsStillSince(life: Life, sinceMs: number): boolean {
  if (life.stillAtMs === null || life.stillAtMs < sinceMs) return false;
  return life.lastCompletionAtMs === null || life.lastCompletionAtMs < sinceMs;
}

/** Is there something that makes a hang all but certain, so that the confirmations can be quick? */
export function isUrgent(life: Life, unit: UnitSnapshot | null): boolean {
  return unit !== null && life.answeredAtMs !== null && harmOf(life, unit) !== null;
}

/** May the confirmations be quicker, because a counter or the clients' own wait tells work from silence? */
export function hasCounter(life: Life, atMs: number): boolean {
  if (trafficNow(life, atMs)?.kind === 'standing') return true;
  return life.stillAtMs !== null || life.lastCompletionAtMs !== null;
}

/** What the cheap endpoints claimed at that very moment: the reason why they are not believed. */
function cheapClause(cheap: CheapAnswer[]): string {
  if (cheap.length === 0) return '';
  const said = cheap.map((answer) =>
    answer.status === null
      ? `${answer.path} did not answer`
      : `${answer.path} said ${answer.status} in ${Math.max(1, Math.round(answer.tookMs))} ms`,
  );
  return `; meanwhile ${said.join(', ')}`;
}

/** What piles up at its port: who waits to be let in, and who gave up without being noticed. */
function queueClause({ queues }: UnitSnapshot): string {
  const clauses: string[] = [];
  if (queues && queues.waiting > 0) clauses.push(`${queues.waiting} in the listen queue`);
  if (queues && queues.closeWait > 0) clauses.push(`${queues.closeWait} in CLOSE-WAIT`);
  return clauses.length === 0 ? '' : `; ${clauses.join(', ')}`;
}

/** `8.0 s`, `0.4 s`: enough for a sentence. */
export function seconds(ms: number): string {
  return ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
