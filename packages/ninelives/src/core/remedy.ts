import { harmOf } from './activity.js';
import { assert } from './assert.js';
import { nextDrillKillAllowed, nextKillAllowed, trimKills } from './budget.js';
import type { Incident, KillIntent } from './decision.js';
import { processId } from './identity.js';
import { escalate } from './incident.js';
import type { Life } from './life.js';
import { whyNoHelp } from './offender.js';
import { seconds } from './silence.js';
import { mayBeLoading } from './startup.js';
import { type Draft, nextId, note } from './state.js';
import type { UnitSnapshot } from './types.js';
import { KILLABLE } from './verdicts.js';

/** A look at the unit older than this is too old to kill on. */
const UNIT_STALE_MS = 10_000;

/**
 * A kill may have to wait for its budget; meanwhile probes may go blind or a stranger may own the port, and the
 * service may recover unseen. Evidence older than one round of probing (plus this) must be renewed first.
 */
const EVIDENCE_SLACK_MS = 5_000;

/** After SIGKILL an orphan is gone within this time, or it never goes. */
const ORPHAN_GONE_MS = 10_000;

/** Why no kill follows although the verdict asks for one. `retry`: time alone may lift it. */
interface Withheld {
  rule: string;
  text: string;
  retry: boolean;
}

/** Last part of a step: what to do about the open incident. At most one intent a step. */
export function remedy(draft: Draft): void {
  const { state } = draft;
  const incident = state.incident;
  if (!incident || state.desired === 'paused') return;
  handOver(draft, incident);
  if (state.intent) return; // one at a time: its outcome is on the way
  if (state.life && KILLABLE.has(state.verdict.kind)) return considerKill(draft, incident, state.life);
  if (state.unit && state.unit.leftovers.length > 0) clearLeftovers(draft, incident, state.unit);
}

/** What an operator types to have it started again. */
function startCommand(unit: UnitSnapshot | null, afterFailure: boolean): string {
  if (!unit || unit.supervisor === 'embedded') return 'ninelives up';
  const systemctl = unit.supervisor === 'systemd' ? 'sudo systemctl' : 'systemctl --user';
  const reset = afterFailure ? `${systemctl} reset-failed ${unit.unit} && ` : '';
  return `${reset}${systemctl} start ${unit.unit}`;
}

/** Verdicts that no signal of ours can mend go to a person at once. */
function handOver(draft: Draft, incident: Incident): void {
  const { verdict, unit, life } = draft.state;
  switch (verdict.kind) {
    case 'failed': {
      const start = startCommand(unit, true);
      const why = whyNoHelp(draft.state);
      return escalate(
        draft,
        'failed',
        unit?.supervisor === 'systemd'
          ? `${verdict.sentence}${why}. Only an admin can go on: ${start}`
          : `${verdict.sentence}${why}. Look at its log, mend the cause, then start it again: ${start}`,
      );
    }
    case 'stopped':
      return escalate(
        draft,
        'stopped',
        `${verdict.sentence}. Nobody restarts it: ${startCommand(unit, false)}`,
      );
    case 'unkillable':
      return escalate(draft, 'unkillable', `${verdict.sentence}: stuck in the kernel; a reboot is needed`);
    case 'masked':
      if (isBeingCleared(draft)) return;
      return escalate(draft, 'masked', `${verdict.sentence}. End that process, or give the service its port`);
    case 'misconfigured':
      return escalate(draft, 'misconfigured', `${verdict.sentence}. Mend the probe's settings`);
    case 'full':
      return escalate(
        draft,
        'full',
        `${verdict.sentence}. Look at its queue and at rate limits for the probe`,
      );
    case 'drift':
      return escalate(draft, 'drift', `${verdict.sentence}. If intended, record new golden answers`);
    default:
      // Not in the moment after a kill: first it must be seen that the next incarnation fails too.
      if (incident.kills >= draft.policy.killsMax && KILLABLE.has(verdict.kind) && !life?.killIntentId) {
        const text = `${incident.kills} kills did not help: ${verdict.sentence}${whyNoHelp(draft.state)}`;
        escalate(draft, 'restarts-do-not-help', text);
      }
  }
}

/** An orphan of its own on the port is ours to clear; only one that stays is a person's. */
function isBeingCleared({ state, policy, at }: Draft): boolean {
  if (state.unit?.portOwner.who !== 'leftover' || !state.past) return false;
  return at.atMs - state.past.endedAtMs < policy.leftoverGraceMs + ORPHAN_GONE_MS;
}

function considerKill(draft: Draft, incident: Incident, life: Life): void {
  if (life.killIntentId) return; // I4: this one was dealt with; the next incarnation is on its way
  if (draft.noKill === 'at-hand') return; // not worth a row: its own step follows at once
  const withheld = withhold(draft, life);
  if (!withheld) return kill(draft, incident, life);
  if (draft.state.withheld !== withheld.rule) {
    draft.state.withheld = withheld.rule;
    note(draft, 'kill-withheld', withheld.text, { rule: withheld.rule });
  }
  if (withheld.retry) return;
  const why = withheld.rule === 'budget' ? whyNoHelp(draft.state) : '';
  escalate(draft, withheld.rule, `${draft.state.verdict.sentence}${why}. ${withheld.text}`);
}

/** Every rule that forbids a kill which the verdict asks for, in the order in which it is said. */
function withhold(draft: Draft, life: Life): Withheld | null {
  const { state, policy, at } = draft;
  const unit = state.unit as UnitSnapshot;
  if (draft.noKill === 'no-record') {
    const text = 'No kill: the record cannot be written, and its one kill from memory is spent (I5)';
    return { rule: 'no-record', text, retry: true };
  }
  if (mayBeLoading(state, life, policy, at.atMs)) {
    return { rule: 'loading', text: 'it may still be loading (I2)', retry: true };
  }
  if (at.atMs - state.unitAtMs > UNIT_STALE_MS) {
    const age = seconds(at.atMs - state.unitAtMs);
    return { rule: 'blind', text: `the unit was last seen ${age} ago (I6)`, retry: true };
  }
  const probedAgo = at.atMs - life.lastProbeAtMs;
  if (
    life.answeredAtMs !== null &&
    probedAgo > policy.deadlineMaxMs + policy.intervalMs + EVIDENCE_SLACK_MS
  ) {
    return { rule: 'stale', text: `its last probe was ${seconds(probedAgo)} ago (I6)`, retry: true };
  }
  const permit = hasPermit(draft);
  if (state.power === 'watch-only' && !permit) {
    const text = 'No kill: recovery of this unit is not proved yet; prove it: ninelives drill crash';
    return { rule: 'watch-only', text, retry: false };
  }
  if (unit.revivesAfterKill !== true) {
    const text = `No kill: ${unit.unit} would not come back after SIGKILL; see: ninelives doctor`;
    return { rule: 'not-revived', text, retry: false };
  }
  const allowance = permit ? nextDrillKillAllowed(state, at.atMs) : nextKillAllowed(state, policy, at.atMs);
  if (!allowance) {
    const text = `No kill: StartLimitBurst=${unit.startLimit.burst} leaves no room for a restart (I3)`;
    return { rule: 'start-limit', text, retry: false };
  }
  if (allowance.atMs <= at.atMs) return null;
  const wait = `next kill in ${seconds(allowance.atMs - at.atMs)}`;
  if (allowance.rule === 'headroom') {
    return { rule: 'headroom', text: `too many starts just now (I3), ${wait}`, retry: true };
  }
  const text = `Kill budget is used up (${state.kills.length} kills lately), ${wait}`;
  return { rule: 'budget', text, retry: false };
}

function hasPermit({ state: { drill }, at }: Draft): boolean {
  if (!drill?.permitKill || drill.spent) return false;
  return at.atMs <= drill.untilMs;
}

/** Writes the intent: the tree as it is now, main process first. The loop commits it, then signals. */
function kill(draft: Draft, incident: Incident, life: Life): void {
  const { state, policy, at } = draft;
  const unit = state.unit as UnitSnapshot;
  const main = processId(life.incarnation);
  const others = unit.processes.filter((process) => process.pid !== main.pid).map(processId);
  const intent = intend(draft, incident, {
    what: 'incarnation',
    incarnation: life.incarnation,
    targets: [main, ...others],
    reason: state.verdict.sentence,
    ...(harmOf(life, unit) === null ? {} : { harmed: true }),
  });
  life.killIntentId = intent.id;
  if (state.drill && hasPermit(draft)) {
    // Somebody watches, and knows the cause: the next real fault must find the budget as it was.
    state.drill = { ...state.drill, spent: true };
  } else {
    state.kills = trimKills([...state.kills, at], policy, at.atMs);
    state.series += 1;
  }
  if (state.series >= policy.killsMax && incident.kills + 1 < state.series) repeats(draft, state.series);
  note(draft, 'kill', `SIGKILL to pid ${main.pid} and ${others.length} more: ${intent.reason}`, {
    intentId: intent.id,
    targets: intent.targets,
  });
}

/** Each was healed, and it came back: the budget is used up, and what comes back is a person's to look at. */
function repeats(draft: Draft, kills: number): void {
  const { state, policy } = draft;
  const text = `${kills} kills since it was last well for ${seconds(policy.stableMs)}: ${state.verdict.sentence}`;
  const next = 'From now on the next kill waits, longer each time';
  escalate(draft, 'repeats', `${text}${whyNoHelp(state)}. ${next}`);
}

/**
 * Survivors of a main process that died by itself hold GPU, memory or port, and under systemd delay the restart
 * by up to TimeoutStopSec (measured: 16-117 s against 1.4 s). They get a moment to go; then they are killed, once.
 */
function clearLeftovers(draft: Draft, incident: Incident, unit: UnitSnapshot): void {
  const { state, policy, at } = draft;
  const past = state.past;
  if (!past || past.killIntentId || at.atMs - past.endedAtMs < policy.leftoverGraceMs) return;
  if (state.power === 'watch-only' || draft.noKill) return;
  if (at.atMs - state.unitAtMs > UNIT_STALE_MS) return; // a guard that has just begun: first it must look (I6)
  const whose = past.unseenSince ? 'a main process that nobody saw' : `pid ${past.incarnation.pid}`;
  const intent = intend(draft, incident, {
    what: 'leftovers',
    incarnation: past.incarnation,
    targets: unit.leftovers.map(processId),
    reason: past.unseenSince ? `left over from ${whose}` : `left over from ${whose}, which ended by itself`,
  });
  past.killIntentId = intent.id;
  note(draft, 'kill', `SIGKILL to ${intent.targets.length} leftovers of ${whose}`, {
    intentId: intent.id,
    targets: intent.targets,
  });
}

function intend(
  draft: Draft,
  incident: Incident,
  aim: Pick<KillIntent, 'what' | 'incarnation' | 'targets' | 'reason' | 'harmed'>,
): KillIntent {
  assert(draft.intent === null, 'I4', 'two kills in one step');
  const id = nextId(draft, 'kill-');
  const intent: KillIntent = {
    id,
    service: draft.state.service,
    incidentId: incident.id,
    ...aim,
    ...draft.at,
  };
  draft.intent = intent;
  draft.state.intent = intent;
  return intent;
}

/** After `stableMs` of right answers since the last kill a series of kills is over. */
export function forgetSeries(draft: Draft): void {
  const { state, policy, at } = draft;
  const lastKill = state.kills.at(-1);
  const young = state.series === 0 && (state.revivals ?? []).length <= 1;
  if (young || state.incident || !state.life?.servedAtMs) return;
  const since = Math.max(lastKill?.atMs ?? 0, state.life.servedAtMs);
  if (at.atMs - since < policy.stableMs) return;
  state.series = 0;
  state.revivals = [];
}
