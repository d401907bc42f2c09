import { noteCheap, noteCrew, noteFullHarm } from './activity.js';
import { assertNever } from './assert.js';
import { LATENCIES_KEPT } from './deadline.js';
import { isMasked, sameIncarnation } from './identity.js';
import type { Life } from './life.js';
import { absorbUnit } from './lives.js';
import { acknowledgedPage } from './page.js';
import { armByWord } from './power.js';
import { endFull, endSilence, forgetGpu, lastDoneAtMs, resetRun, SILENT } from './run.js';
import { learnLoad } from './startup.js';
import { type Draft, note, touch } from './state.js';
import { absorbStill, absorbTraffic } from './traffic.js';
import type { Observation } from './types.js';
import { RESULT_OF } from './types.js';

type Of<T extends Observation['type']> = Extract<Observation, { type: T }>;

/** First half of a step: fold what was observed into what is known. Decides nothing. */
export function absorb(draft: Draft, observation: Observation): void {
  switch (observation.type) {
    case 'daemon-started':
      return onDaemonStarted(draft, observation);
    case 'unit':
      return absorbUnit(draft, observation.unit);
    case 'unit-unknown':
      return; // could not look: everything known stays as old as it is, and `unitAtMs` says how old
    case 'probe':
      return onProbe(draft, observation);
    case 'completion':
      return onCompletion(draft, observation);
    case 'counter-still':
      return absorbStill(draft, observation.incarnation);
    case 'traffic':
      return absorbTraffic(draft, observation.incarnation, observation.traffic);
    case 'killed':
      return onKilled(draft, observation);
    case 'operator':
      return onOperator(draft, observation);
    case 'drill-begun':
      draft.state.drill = observation.drill;
      return note(draft, 'drill', `drill ${observation.drill.fault} begun`, { ...observation.drill });
    case 'drill-ended':
      if (draft.state.drill?.drillId !== observation.drillId) return;
      note(draft, 'drill', `drill ${draft.state.drill.fault} ended`, { drillId: observation.drillId });
      draft.state.drill = null;
      return;
    default:
      return assertNever(observation);
  }
}

/**
 * A daemon that was away did not see what happened meanwhile: runs of failures start anew. After a reboot the
 * monotonic clock has started again too: kills and the open incident are carried over by wall time, and an age
 * that a stepped wall clock makes negative counts as "just now" (towards fewer kills).
 */
function onDaemonStarted(draft: Draft, observation: Of<'daemon-started'>): void {
  const { state, at } = draft;
  note(draft, 'guard-started', 'guard started', { bootId: observation.bootId });
  state.probeDueAtMs = at.atMs;
  if (state.life) state.life.movedAtMs = at.atMs; // nobody looked meanwhile: it may have moved (I2, I6)
  if (state.bootId !== '' && state.bootId !== observation.bootId) {
    const rebase = (wallMs: number) => at.atMs - Math.max(0, at.wallMs - wallMs);
    // Sorted again: a clock stepped back between two kills turns their order round.
    const kills = state.kills.map((kill) => ({ wallMs: kill.wallMs, atMs: rebase(kill.wallMs) }));
    state.kills = kills.sort((a, b) => a.atMs - b.atMs);
    if (state.incident) {
      state.incident.openedAtMs = rebase(state.incident.openedWallMs);
      state.incident.firstFailureAtMs = rebase(state.incident.firstFailureWallMs);
      state.incident.killedAtMs = null;
      state.incident.restartedAtMs = null;
      state.incident.servingAtMs = null;
      touch(draft, state.incident);
    }
    if (state.life) note(draft, 'ended', 'the machine was restarted');
    state.life = null;
    state.past = null;
    state.unit = null;
    state.downSinceMs = null;
    state.drill = null;
  }
  state.bootId = observation.bootId;
  if (state.life) resetRun(state.life);
}

function onProbe(draft: Draft, observation: Of<'probe'>): void {
  const { state, at } = draft;
  const { outcome } = observation;
  draft.sample = { wallMs: at.wallMs, reason: outcome.reason, tookMs: outcome.tookMs };
  const life = state.life;
  // An answer that belongs to an earlier incarnation says nothing about this one.
  if (!life || !sameIncarnation(observation.incarnation, life.incarnation)) return;
  // While somebody else owns the port, its answers are not our service's, good or bad.
  if (state.unit && isMasked(state.unit)) return;
  life.lastOutcome = outcome;
  if (outcome.reason !== 'blind') {
    life.lastProbeAtMs = at.atMs;
    noteCheap(life, outcome.cheap, observation.startedAtMs);
  }
  const result = RESULT_OF[outcome.reason];
  if (result === 'pass') onPass(draft, life, observation);
  if (result === 'fail') onFail(draft, life, observation);
  // 429 or a refused request says nothing bad, but it is an answer: the silence is over (I1).
  if (result === 'unknown' && outcome.reason !== 'blind') endSilence(life);
  if (outcome.reason === 'busy') {
    life.fullSinceMs ??= at.atMs;
    life.fullAnswers += 1;
    noteFullHarm(life, state.unit, at.atMs);
  }
}

function onPass(draft: Draft, life: Life, { startedAtMs, outcome: { tookMs } }: Of<'probe'>): void {
  const { state, at, policy } = draft;
  if (life.servedAtMs === null) {
    life.servedAtMs = at.atMs;
    const loadMs = learnLoad(state, at.atMs - life.sinceMs);
    note(draft, 'serving', `first right answer after ${(loadMs / 1000).toFixed(1)} s`, { loadMs });
    if (state.incident) {
      state.incident.servingAtMs = at.atMs;
      touch(draft, state.incident);
    }
  } else if (life.firstFailureAtMs !== null && !state.incident) {
    note(draft, 'probe-recovered', `right answer again after ${life.failures} silent failures`);
  }
  life.answeredAtMs ??= at.atMs;
  life.failures = 0;
  life.firstFailureAtMs = null;
  life.firstFailureWallMs = null;
  endFull(life);
  forgetGpu(life);
  // Whose answer it was is not known unless the unit was seen since it was asked for: an orphan on the port answers too.
  if (state.unitAtMs >= startedAtMs) life.passes += 1;
  life.recent = [...life.recent, 'ok' as const].slice(-policy.intermittentOf);
  state.latenciesMs = [...state.latenciesMs, Math.round(tookMs)].slice(-LATENCIES_KEPT);
  state.longestMs = Math.max(state.longestMs, Math.round(tookMs));
  noteCrew(life, state.unit);
}

function onFail(draft: Draft, life: Life, observation: Of<'probe'>): void {
  const { at, policy } = draft;
  const { outcome } = observation;
  // A 200 with a wrong body has loaded; anything else before the first answer is still loading.
  if (outcome.reason === 'wrong') life.answeredAtMs ??= at.atMs;
  if (life.answeredAtMs === null) return;
  life.passes = 0;
  if (life.firstFailureAtMs === null) {
    life.firstFailureAtMs = observation.startedAtMs;
    life.firstFailureWallMs = at.wallMs - (at.atMs - observation.startedAtMs);
  }
  const silent = SILENT.has(outcome.reason);
  // While it waited for a look other work was done: that silence is over (I1).
  const endedAtMs = observation.startedAtMs + outcome.tookMs;
  const isOver = silent && lastDoneAtMs(life) >= endedAtMs;
  if (silent) life.sight = { ...life.sight, askedAtMs: observation.startedAtMs };
  if (!silent)
    life.failures = 0; // it spoke: judged M of N instead
  else if (!isOver) life.failures += 1;
  life.recent = [...life.recent, isOver ? ('busy' as const) : outcome.reason].slice(-policy.intermittentOf);
  note(draft, 'probe-failed', outcome.detail, { reason: outcome.reason, cheap: outcome.cheap });
}

function onCompletion(draft: Draft, observation: Of<'completion'>): void {
  const life = draft.state.life;
  if (!life || !sameIncarnation(observation.incarnation, life.incarnation)) return;
  endFull(life);
  if (life.firstFailureAtMs === null) {
    life.sight = { ...life.sight, completedAtMs: draft.at.atMs };
    return;
  }
  life.lastCompletionAtMs = draft.at.atMs;
  // Work gets done, so the silence towards us is a queue, not a hang (I1).
  endSilence(life);
}

function onKilled(draft: Draft, observation: Of<'killed'>): void {
  const { state } = draft;
  const { outcome, remaining, intentId, detail } = observation;
  const intent = state.intent;
  draft.closedIntent = { id: intentId, outcome, remaining };
  note(draft, 'kill-outcome', detail, { outcome, remaining, intentId });
  if (intent?.id !== intentId) return;
  state.intent = null;
  const signalled = outcome === 'killed' || outcome === 'still-there';
  if (state.incident && intent.what === 'incarnation' && signalled) {
    state.incident.kills += 1;
    state.incident.killedAtMs = intent.atMs;
    touch(draft, state.incident);
  }
  const stuck = outcome === 'still-there' || outcome === 'not-permitted';
  if (stuck && state.life && sameIncarnation(state.life.incarnation, intent.incarnation)) {
    state.life.unkillable = true;
  }
}

function onOperator(draft: Draft, observation: Of<'operator'>): void {
  const { state } = draft;
  switch (observation.command) {
    case 'pause':
      state.desired = 'paused';
      return note(draft, 'paused', `paused by ${observation.by}`);
    case 'resume':
      state.desired = 'guarded';
      if (state.life) resetRun(state.life);
      return note(draft, 'resumed', `resumed by ${observation.by}`);
    case 'acknowledge':
      // Saying it again changes nothing, and nobody need be told twice (I10: a page's id is its own).
      if (!state.incident || state.incident.acknowledgedBy === observation.by) return;
      state.incident.acknowledgedBy = observation.by;
      touch(draft, state.incident);
      draft.pages.push(acknowledgedPage(state.incident, observation.by, observation.wallMs));
      return note(draft, 'acknowledged', `acknowledged by ${observation.by}`);
    case 'arm':
      return armByWord(draft, observation.by);
    default:
      return assertNever(observation.command);
  }
}
