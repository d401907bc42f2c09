import { casualtyOf, noteActivity, noteGpu } from './activity.js';
import { isMasked, sameIncarnation, sameProcess } from './identity.js';
import type { Life } from './life.js';
import { noteRevival } from './offender.js';
import { resetRun } from './run.js';
import { noteMovement } from './startup.js';
import { type Draft, note, touch } from './state.js';
import type { Incarnation, UnitSnapshot } from './types.js';

/** A look at the unit: the life goes on, ends, or another has begun. */
export function absorbUnit(draft: Draft, unit: UnitSnapshot): void {
  const { state, at } = draft;
  const before = state.unit;
  const lookedBeforeMs = state.unitAtMs;
  state.unit = unit;
  state.unitAtMs = at.atMs;
  const goesOn = sameIncarnation(unit.incarnation, state.life?.incarnation ?? null);
  if (!goesOn) {
    if (state.life) endLife(draft, unit, before);
    if (unit.incarnation) beginLife(draft, unit.incarnation, unit);
  }
  if (state.life) {
    // Since when a stranger has had the port is not known: what was answered until now may have been its answers.
    if (isMasked(unit)) resetRun(state.life);
    noteMovement(state.life, (goesOn && before?.processes) || [], unit.processes, at.atMs);
    noteActivity(state.life, unit, at.atMs);
    noteGpu(state.life, unit, at.atMs);
    if (casualtyOf(state.life, unit) !== null) state.life.casualtyAtMs = at.atMs;
  } else {
    state.downSinceMs ??= at.atMs;
    noteUnseenLife(draft, unit, lookedBeforeMs);
  }
}

/**
 * A life that came and went between two looks (a pass of cron sees one moment in minutes) may have left its own behind.
 * They get their moment, and one clearing, as those of a life that was seen do: at most one for each start of the unit.
 */
function noteUnseenLife(draft: Draft, unit: UnitSnapshot, lookedBeforeMs: number): void {
  const { state, at } = draft;
  if (!state.past?.killIntentId) return; // what it left is still to be cleared, on the grace that has begun
  if (!unit.recentStartsAtMs.some((startAtMs) => startAtMs > lookedBeforeMs)) return;
  state.past = { ...state.past, endedAtMs: at.atMs, killIntentId: null, unseenSince: true };
  note(draft, 'ended', 'a main process began and ended unseen');
}

function endLife(draft: Draft, unit: UnitSnapshot, before: UnitSnapshot | null): void {
  const { state, at } = draft;
  const life = state.life as Life;
  const how = unit.lastExit === null ? '' : `: ${unit.lastExit}`; // not reaped yet: the next look knows
  note(draft, 'ended', `main process ${life.incarnation.pid} ended${how}`);
  state.past = {
    incarnation: life.incarnation,
    endedAtMs:
      state.past && !state.past.killIntentId && lingers(before, unit) ? state.past.endedAtMs : at.atMs,
    restarts: (before ?? unit).restarts,
    killIntentId: life.killIntentId,
  };
  state.life = null;
  state.downSinceMs = at.atMs;
  state.probeDueAtMs = null;
}

/**
 * Was a leftover there before this death already? Then its grace goes on: when it holds the port, every new main
 * process dies at once, and a grace that began anew each time would never end.
 */
function lingers(before: UnitSnapshot | null, unit: UnitSnapshot): boolean {
  const old = before?.leftovers ?? [];
  return unit.leftovers.some((p) => old.some((q) => sameProcess(p, q)));
}

function beginLife(draft: Draft, incarnation: Incarnation, unit: UnitSnapshot): void {
  const { state, at } = draft;
  state.life = {
    incarnation,
    sinceMs: at.atMs,
    servedAtMs: null,
    answeredAtMs: null,
    failures: 0,
    firstFailureAtMs: null,
    firstFailureWallMs: null,
    passes: 0,
    recent: [],
    lastOutcome: null,
    lastProbeAtMs: at.atMs,
    lastCompletionAtMs: null,
    stillAtMs: null,
    traffic: null,
    pulse: { atMs: at.atMs, cpuMs: 0, ioBytes: 0 },
    activeAtMs: null,
    fullSinceMs: null,
    fullAnswers: 0,
    fullHarm: null,
    casualtyAtMs: null,
    present: [],
    crew: [],
    movedAtMs: at.atMs,
    workMark: 0,
    memoryMark: 0,
    killIntentId: null,
    revived: state.past !== null && unit.restarts > state.past.restarts,
    unkillable: false,
  };
  state.downSinceMs = null;
  state.probeDueAtMs = at.atMs;
  if (state.incident) {
    state.incident.restartedAtMs = at.atMs;
    touch(draft, state.incident);
  }
  noteRevival(draft, unit);
  note(draft, 'incarnation', `main process ${incarnation.pid} seen`, { restarts: unit.restarts });
}
