import type { GuardState, Verdict, VerdictKind } from './decision.js';
import { isMasked } from './identity.js';
import { leakClause } from './leak.js';
import type { Life } from './life.js';
import type { Policy } from './policy.js';
import { SILENT } from './run.js';
import { fullVerdict, seconds, silentVerdict } from './silence.js';
import { mayBeLoading, stillForMs, usualLoad } from './startup.js';
import type { At, ProbeOutcome } from './types.js';
import { RESULT_OF } from './types.js';

/**
 * What is seen now, in one kind and one sentence. Pure; first match wins, from the surest fact to the weakest, in the
 * order of the table in verdicts.ts, which says what each means, its patience, and what follows.
 *
 *   down     failed · stopped · dead                the supervisor says so
 *   aside    unkillable · masked · misconfigured · drift   a kill would not help
 *   silent   frozen · hung · stalled · busy · opaque   `failureThreshold` silent failures: see silence.ts
 *   spoke    wrong · erroring                       M of N
 *   loading  loading · stuck-loading                no answer yet; the grace, then movement
 *   else     busy · suspect · unknown · serving
 */
export function verdictOf(state: GuardState, policy: Policy, at: At): Verdict {
  const { atMs } = at;
  const { unit, life, service } = state;
  const say = (kind: VerdictKind, text: string): Verdict => ({ kind, sentence: `${kind}: ${text}` });
  if (!unit) return say('unseen', `${service} was not looked at yet`);
  if (unit.phase === 'failed') return say('failed', `${unit.unit} gave up restarting (${exitOf(state)})`);
  if (!life && unit.phase === 'inactive') return say('stopped', `${unit.unit} is down (${exitOf(state)})`);
  if (!life) return say('dead', `the main process ended (${exitOf(state)}), ${unit.unit} is ${unit.phase}`);
  const pid = life.incarnation.pid;
  if (life.unkillable) return say('unkillable', `pid ${pid} is still there after SIGKILL`);
  if (isMasked(unit)) {
    return say('masked', `${unit.portOwner.text} listens on the service's port, pid ${pid} does not`);
  }
  const outcome = life.lastOutcome;
  if (outcome?.reason === 'misconfigured' || outcome?.reason === 'drift') {
    return say(outcome.reason, outcome.detail);
  }
  return (
    silentVerdict(state, life, policy, atMs) ??
    fullVerdict(state, life, policy, atMs) ??
    spokenVerdict(life, policy, atMs) ??
    quietVerdict(state, policy, at)
  );
}

function spokenVerdict(life: Life, policy: Policy, atMs: number): Verdict | null {
  if (life.recent.at(-1) === 'ok') return null; // the last answer was right: what failed before is history
  const judged = life.recent.slice(-policy.judgedOf);
  const wrong = judged.filter((reason) => reason === 'wrong').length;
  const errors = judged.filter((reason) => reason === 'error').length;
  const said = detailOf(life.lastOutcome);
  if (wrong + errors >= policy.judgedFailures) {
    const kind = wrong >= errors ? 'wrong' : 'erroring';
    return {
      kind,
      sentence: `${kind}: ${wrong + errors} of the last ${judged.length} answers; last: ${said}`,
    };
  }
  const failing = intermittentFailures(life, policy, atMs);
  const needed = intermittentNeeded(life, policy, atMs);
  if (failing < needed) return null;
  const lost = needed < policy.intermittentFailures ? ', and a child of its crew was lost' : '';
  const text = `${failing} of the last ${life.recent.length} probes failed${lost}; last: ${said}`;
  return { kind: 'erroring', sentence: `erroring: ${text}` };
}

/** One worker of several is dead: few requests fail, but a lost child says why, so fewer are enough. */
export function intermittentNeeded(life: Life, policy: Policy, atMs: number): number {
  const lostAgo = life.casualtyAtMs === null ? Number.POSITIVE_INFINITY : atMs - life.casualtyAtMs;
  return lostAgo < policy.escalateAfterMs ? policy.judgedFailures : policy.intermittentFailures;
}

/**
 * Failures with answers in between (one worker of several is dead), and 503 for as long as a jam may last. A run of
 * mere silence is not intermittent: it has its own patience (silence.ts).
 */
export function intermittentFailures(life: Life, policy: Policy, atMs: number): number {
  const failing = life.recent.filter((reason) => RESULT_OF[reason] === 'fail');
  const lastRight = life.recent.lastIndexOf('ok');
  const before = life.recent.slice(0, Math.max(0, lastRight)).some((reason) => RESULT_OF[reason] === 'fail');
  if (before) return failing.length;
  const sinceMs = atMs - (life.firstFailureAtMs ?? atMs);
  const refusing = failing.filter((reason) => reason === 'unavailable').length;
  return sinceMs >= policy.jamPatienceMs ? refusing : 0;
}

function quietVerdict(state: GuardState, policy: Policy, { atMs, wallMs }: At): Verdict {
  const life = state.life as Life;
  const outcome = life.lastOutcome;
  if (life.answeredAtMs === null) {
    const age = seconds(atMs - life.sinceMs);
    if (mayBeLoading(state, life, policy, atMs))
      return { kind: 'loading', sentence: `loading: for ${age}${usualLoad(state)}${tail(outcome)}` };
    const still = seconds(stillForMs(state, life));
    return {
      kind: 'stuck-loading',
      sentence: `stuck-loading: no answer for ${age}${usualLoad(state)}, nothing moved for ${still}`,
    };
  }
  // 503 after start-up: full or reloading first; for longer than a jam it is judged M of N (above).
  if (outcome?.reason === 'busy' || outcome?.reason === 'unavailable')
    return { kind: 'busy', sentence: `busy: ${outcome.detail}` };
  if (outcome && outcome.reason !== 'ok' && completedSince(life)) {
    return {
      kind: 'busy',
      sentence: `busy: our probe waits (${outcome.detail}), but other work completes`,
    };
  }
  if (outcome?.reason === 'blind')
    return { kind: 'unknown', sentence: `unknown: could not look: ${outcome.detail}` };
  if (outcome && outcome.reason !== 'ok') {
    const count = SILENT.has(outcome.reason) ? life.failures : 1;
    return {
      kind: 'suspect',
      sentence: `suspect: ${count} of ${policy.failureThreshold}: ${outcome.detail}`,
    };
  }
  const took = outcome ? `real work answered right in ${Math.round(outcome.tookMs)} ms` : 'adopted';
  const leak = state.unit ? leakClause(life, state.unit, policy, wallMs) : '';
  return { kind: 'serving', sentence: `serving: ${took}${leak}` };
}

function completedSince(life: Life): boolean {
  return (
    life.lastCompletionAtMs !== null &&
    life.firstFailureAtMs !== null &&
    life.lastCompletionAtMs >= life.firstFailureAtMs
  );
}

function exitOf(state: GuardState): string {
  return state.unit?.lastExit ?? 'how it ended is not known';
}

function detailOf(outcome: ProbeOutcome | null): string {
  return outcome?.detail ?? 'none';
}

function tail(outcome: ProbeOutcome | null): string {
  return outcome ? `, ${outcome.detail}` : '';
}
