import { isActive } from './activity.js';
import { assert } from './assert.js';
import type { Decision, GuardState, KillIntent } from './decision.js';
import { sameIncarnation } from './identity.js';
import type { Life } from './life.js';
import type { Policy } from './policy.js';
import { isFullAndHarmed, isUrgent } from './silence.js';
import { mayBeLoading } from './startup.js';
import type { Observation } from './types.js';
import { RESULT_OF } from './types.js';
import { intermittentNeeded } from './verdict.js';

/**
 * The rules of DESIGN.md, checked on every step in production too, against the states before and after and not
 * against the code that decided. I9 is the gateway's; I10 is the outbox's.
 */
export function assertInvariants(
  before: GuardState,
  observation: Observation,
  decision: Decision,
  policy: Policy,
): void {
  assertIncidents(before, decision, policy, observation.atMs);
  assertUnknownNeverCounts(before, observation, decision);
  if (!decision.intent) return;
  assertAim(before, decision, decision.intent);
  if (decision.intent.what === 'incarnation') {
    assertEvidence(decision, policy, observation.atMs);
    assertBudget(decision, policy, observation.atMs);
  }
}

function assertIncidents(before: GuardState, decision: Decision, policy: Policy, atMs: number): void {
  const open = decision.incidents.filter((incident) => incident.status !== 'resolved');
  assert(open.length <= 1, 'I7', 'two open incidents in one step');
  const after = decision.state.incident;
  const swapped = before.incident !== null && after !== null && before.incident.id !== after.id;
  const resolved = decision.incidents.some(
    (incident) => incident.id === before.incident?.id && incident.status === 'resolved',
  );
  assert(!swapped || resolved, 'I7', 'an incident was opened over an open one');
  assert(before.incident === null || after !== null || resolved, 'I8', 'an incident vanished unresolved');
  const overdue = after !== null && atMs - after.openedAtMs >= policy.escalateAfterMs;
  const excused = decision.state.desired === 'paused' || after?.status === 'escalated';
  assert(!overdue || excused, 'I8', 'an incident is overdue and nobody was told');
}

function assertUnknownNeverCounts(before: GuardState, observation: Observation, decision: Decision): void {
  if (observation.type !== 'probe' || RESULT_OF[observation.outcome.reason] !== 'unknown') return;
  const was = before.life?.failures ?? 0;
  const is = decision.state.life?.failures ?? 0;
  assert(is <= was, 'I6', `unknown (${observation.outcome.reason}) counted as a failure`);
}

function assertAim(before: GuardState, decision: Decision, intent: KillIntent): void {
  const { state } = decision;
  const finished = before.intent === null || decision.closedIntent?.id === before.intent.id;
  assert(finished, 'I4', 'a kill while another is unfinished');
  assert(state.incident?.id === intent.incidentId, 'I5', 'a kill without its incident in the same commit');
  assert(state.desired === 'guarded', 'I5', 'a kill while paused');
  assert(intent.targets.length > 0, 'I11', 'a kill without a target');
  for (const target of intent.targets) {
    assert(Number.isInteger(target.pid) && target.pid > 1, 'I11', `pid ${target.pid} is nobody's to kill`);
    assert(target.startTicks > 0, 'I11', `pid ${target.pid} without its start`);
  }
  if (intent.what === 'incarnation') {
    const life = state.life;
    assert(
      life !== null && sameIncarnation(life.incarnation, intent.incarnation),
      'I4',
      'a kill of the past',
    );
    assert(intent.targets[0]?.pid === intent.incarnation.pid, 'I11', 'the main process is not first');
    assert(killedBefore(before, life) === null, 'I4', 'a second kill of one incarnation');
  } else {
    const known = before.past && sameIncarnation(before.past.incarnation, intent.incarnation);
    assert(!known || before.past?.killIntentId === null, 'I4', 'leftovers killed twice');
    const live = state.life?.incarnation.pid;
    const hitsLive = intent.targets.some((target) => target.pid === live);
    assert(!hitsLive, 'I4', 'leftovers include the running incarnation');
  }
}

function killedBefore(before: GuardState, life: Life): string | null {
  return before.life && sameIncarnation(before.life.incarnation, life.incarnation)
    ? before.life.killIntentId
    : null;
}

function assertEvidence(decision: Decision, policy: Policy, atMs: number): void {
  const life = decision.state.life as Life;
  const recent = life.recent;
  const spoke = recent.filter((reason) => reason === 'wrong' || reason === 'error').length;
  const failed = recent.filter((reason) => RESULT_OF[reason] === 'fail').length;
  const silent = life.failures >= policy.failureThreshold;
  const judged = spoke >= policy.judgedFailures || failed >= intermittentNeeded(life, policy, atMs);
  const stuck = life.answeredAtMs === null;
  const unit = decision.state.unit;
  const full = unit !== null && isFullAndHarmed(life, unit, policy, atMs);
  assert(
    silent || judged || stuck || full,
    'I1',
    `a kill after ${life.failures} silent failures, ${spoke} wrong`,
  );
  if (silent && !judged && decision.state.verdict.kind === 'hung')
    assertPatience(decision, life, policy, atMs);
  assert(!mayBeLoading(decision.state, life, policy, atMs), 'I2', 'a kill while it may be loading');
}

/** Work that is seen lengthens patience: to the limit of a jam at least, when no process of it is stopped or gone. */
function assertPatience(decision: Decision, life: Life, policy: Policy, atMs: number): void {
  const harmed = isUrgent(life, decision.state.unit);
  const silentMs = atMs - (life.firstFailureAtMs ?? atMs);
  const patienceMs = Math.min(policy.jamPatienceMs, policy.busyLimitMs);
  const spared = isActive(life) && !harmed && silentMs < patienceMs;
  assert(!spared, 'I1', `a kill of a service that is at work, after ${silentMs} ms of silence`);
}

function assertBudget(decision: Decision, policy: Policy, atMs: number): void {
  const { state } = decision;
  const inWindow = state.kills.filter((kill) => kill.atMs > atMs - policy.windowMs).length;
  assert(inWindow <= policy.killsMax, 'I3', `${inWindow} kills within ${policy.windowMs} ms`);
  const unit = state.unit;
  assert(unit !== null && unit.portOwner.who !== 'foreign', 'I3', 'a kill while another owns the port');
  const { burst, intervalMs } = unit.startLimit;
  if (burst <= 0 || intervalMs <= 0) return;
  const starts = unit.recentStartsAtMs.filter((start) => start > atMs - intervalMs).length;
  assert(starts + 2 <= burst, 'I3', `${starts} starts of ${burst}: no headroom for a kill`);
}
