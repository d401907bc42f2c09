import { SILENT } from './absorb.js';
import { mayBeLoading } from './startup.js';
import type { CheapAnswer, GuardState, Life, Policy, ProbeOutcome, Verdict, VerdictKind } from './types.js';
import { RESULT_OF } from './types.js';

/**
 * What is seen now, in one kind and one sentence. Pure; first match wins, from the surest fact to the weakest.
 *
 *   down     failed · stopped · restarting          the supervisor says so
 *   aside    unkillable · masked · misconfigured · drift   a kill would not help
 *   silent   frozen · hung                          `failureThreshold` silent failures, nothing completed
 *   spoke    wrong · erroring                       M of N
 *   loading  loading · stuck-loading                no answer yet; the grace, then movement
 *   else     busy · suspect · unknown · serving
 */
export function verdictOf(state: GuardState, policy: Policy, atMs: number): Verdict {
  const { unit, life, service } = state;
  const say = (kind: VerdictKind, text: string): Verdict => ({ kind, sentence: `${kind}: ${text}` });
  if (!unit) return say('unseen', `${service} was not looked at yet`);
  if (unit.phase === 'failed') return say('failed', `${unit.unit} gave up restarting (${exitOf(state)})`);
  if (!life && unit.phase === 'inactive') return say('stopped', `${unit.unit} is down (${exitOf(state)})`);
  if (!life)
    return say('restarting', `the main process ended (${exitOf(state)}), ${unit.unit} is ${unit.phase}`);
  const pid = life.incarnation.pid;
  if (life.unkillable) return say('unkillable', `pid ${pid} is still there after SIGKILL`);
  if (unit.portOwner.who === 'foreign') {
    return say('masked', `${unit.portOwner.text} listens on the service's port, pid ${pid} does not`);
  }
  const outcome = life.lastOutcome;
  if (outcome?.reason === 'misconfigured' || outcome?.reason === 'drift') {
    return say(outcome.reason, outcome.detail);
  }
  return (
    silentVerdict(state, life, policy) ?? spokenVerdict(life, policy) ?? quietVerdict(state, policy, atMs)
  );
}

function silentVerdict(state: GuardState, life: Life, policy: Policy): Verdict | null {
  if (life.failures < policy.failureThreshold || !life.lastOutcome) return null;
  const told = `${life.failures} probes in a row: ${life.lastOutcome.detail}${cheapClause(life.lastOutcome.cheap)}`;
  const stopped = state.unit?.processes.find((process) => process.state === 'T');
  if (stopped?.main)
    return { kind: 'frozen', sentence: `frozen: pid ${stopped.pid} is stopped (T); ${told}` };
  if (!stopped) return { kind: 'hung', sentence: `hung: ${told}` };
  return {
    kind: 'hung',
    sentence: `hung: ${told}; its child ${stopped.pid} (${stopped.name}) is stopped (T)`,
  };
}

function spokenVerdict(life: Life, policy: Policy): Verdict | null {
  if (life.passes > 0) return null; // the last answer was right: what failed before is history
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
  const failing = life.recent.filter((reason) => RESULT_OF[reason] === 'fail').length;
  if (failing >= policy.intermittentFailures) {
    const text = `${failing} of the last ${life.recent.length} probes failed; last: ${said}`;
    return { kind: 'erroring', sentence: `erroring: ${text}` };
  }
  return null;
}

function quietVerdict(state: GuardState, policy: Policy, atMs: number): Verdict {
  const life = state.life as Life;
  const outcome = life.lastOutcome;
  if (life.answeredAtMs === null) {
    const age = seconds(atMs - life.sinceMs);
    if (mayBeLoading(life, policy, { nowMs: atMs, lookedMs: state.unitAtMs }))
      return { kind: 'loading', sentence: `loading: for ${age}${tail(outcome)}` };
    const still = seconds(state.unitAtMs - life.movedAtMs);
    return {
      kind: 'stuck-loading',
      sentence: `stuck-loading: no answer for ${age}, nothing moved for ${still}`,
    };
  }
  if (outcome?.reason === 'busy') return { kind: 'busy', sentence: `busy: ${outcome.detail}` };
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
  return { kind: 'serving', sentence: `serving: ${took}` };
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

/** `8 s`, `0.4 s`: enough for a sentence. */
export function seconds(ms: number): string {
  return ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
