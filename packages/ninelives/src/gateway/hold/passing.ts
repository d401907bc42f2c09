import { expect } from '../learn/durations.js';
import { onQuietTime } from '../learn/window.js';
import type { HoldEvent } from '../types.js';
import { leaveLine } from './arrive.js';
import { ready, suspect } from './backend.js';
import { type Draft, type Held, type HoldState, refuse } from './state.js';

/** A silence is odd from the longest time seen so far, this many times over. */
const LONGER_THAN_EVER = 3;
/** Less than this share of one core is housekeeping, not work. */
const CPU_SHARE = 0.1;
/** A look as old as this says nothing about now. */
const LOOK_OLD_MS = 2_000;
/** Looks at the processes begin when this share of the patience has passed. */
const LOOK_AT = 0.5;

/** What the mere passing of time brings: deadlines, suspicion, canaries. */
export function passed(draft: Draft): void {
  deadlines(draft);
  suspicion(draft);
  canary(draft);
  if (draft.state.backend.readiness === 'ready') onQuietTime(draft.state.window, draft.atMs);
  const { state, atMs } = draft;
  if (state.ghosts.length > 0) state.ghosts = state.ghosts.filter(({ untilMs }) => untilMs > atMs);
}

function deadlines(draft: Draft): void {
  const { state, atMs, limits, commands } = draft;
  for (const held of [...state.line.waiting]) {
    if (atMs - held.arrivedAtMs < limits.holdMs) continue;
    leaveLine(draft, held);
    refuse(draft, held, 'hold-time');
  }
  for (const held of [...state.flying]) {
    const limitMs = isLost(state, held) ? limits.holdMs : limits.answerMs;
    if (held.phase === 'streaming' || atMs - held.arrivedAtMs < limitMs) continue;
    commands.push({ type: 'cancel', id: held.id });
    refuse(draft, held, limitMs === limits.holdMs ? 'hold-time' : 'answer-time');
  }
}

/** On its way to a life that has ended, or to a backend that does not answer. */
function isLost(state: HoldState, held: Held): boolean {
  const { readiness, life } = state.backend;
  return held.life !== life || readiness === 'suspect' || readiness === 'down';
}

/**
 * Nothing completes while everything waits longer than ever seen, and its processes make no progress: a hang. Where
 * they can't be seen, only a much longer wait is one. A batch that is long because it is large is expected to be.
 */
function suspicion(draft: Draft): void {
  const { state, atMs, limits } = draft;
  const { backend } = state;
  if (backend.readiness === 'suspect' || backend.readiness === 'down') return;
  const quietMs = quietFor(state, atMs);
  if (quietMs === null) return;
  const patience = patienceMs(draft);
  if (quietMs < patience) return;
  if (backend.look && atMs - backend.look.atMs < LOOK_OLD_MS) {
    const stalledMs = atMs - Math.max(backend.look.movedAtMs, atMs - quietMs);
    if (stalledMs >= limits.stallMs) suspect(draft, `no answer for ${seconds(quietMs)}, and it uses no CPU`);
    else if (quietMs >= limits.busyMs)
      suspect(draft, `no answer for ${seconds(quietMs)}, though it uses CPU`);
  } else if (quietMs >= Math.max(limits.patienceBlindMs, patience)) {
    suspect(draft, `no answer for ${seconds(quietMs)}, longer than ever seen`);
  }
}

/** For how long nothing has completed while something was on its way; null when nothing is. */
export function quietFor(state: HoldState, atMs: number, workOnly = false): number | null {
  let oldestMs = Number.POSITIVE_INFINITY;
  for (const held of state.flying) {
    if (held.phase === 'sent' && (held.work || !workOnly)) oldestMs = Math.min(oldestMs, held.sentAtMs);
  }
  if (oldestMs === Number.POSITIVE_INFINITY) return null;
  const { lastCompletionAtMs, lastCanaryAtMs } = state.backend;
  return atMs - Math.max(oldestMs, lastCompletionAtMs, lastCanaryAtMs);
}

/** How long a silence is nothing special, for what is on its way now. */
function patienceMs({ state, limits }: Draft): number {
  let longestMs = 0;
  for (const held of state.flying) {
    if (held.phase !== 'sent') continue;
    longestMs = Math.max(longestMs, expect(state.durations, held.route, held.bytes)?.longestMs ?? 0);
  }
  return Math.max(limits.patienceMinMs, LONGER_THAN_EVER * longestMs);
}

/** Is it time to look at the backend's processes? Costs some milliseconds, so only when something is odd. */
export function wantsLook(draft: Omit<Draft, 'commands'>): boolean {
  const quietMs = quietFor(draft.state, draft.atMs);
  if (quietMs === null) return false;
  return quietMs >= LOOK_AT * patienceMs({ ...draft, commands: [] });
}

function canary(draft: Draft): void {
  const { state, atMs, commands } = draft;
  const { canary: own, readiness } = state.backend;
  if (own.asking || atMs < own.dueAtMs || (readiness !== 'down' && readiness !== 'suspect')) return;
  own.asking = true;
  state.counts.canaries += 1;
  commands.push({ type: 'canary' });
}

/** One look at its processes. @returns whether another one listens now: what was sent to the former is lost. */
export function looked(draft: Draft, event: HoldEvent & { type: 'looked' }): boolean {
  const { backend } = draft.state;
  const { cpuMs, incarnation } = event;
  const another = incarnation !== null && backend.incarnation !== null && incarnation !== backend.incarnation;
  if (incarnation !== null) backend.incarnation = incarnation;
  absorbCpu(draft, cpuMs);
  return another;
}

function absorbCpu(draft: Draft, cpuMs: number | null): void {
  const { state, atMs, limits } = draft;
  const { backend } = state;
  const before = backend.look;
  if (cpuMs === null) {
    backend.look = null;
    return;
  }
  // Falling: a process of the tree has ended, and the others can't be told from it.
  const usedMs = before ? cpuMs - before.cpuMs : 0;
  const fresh = !before || atMs - before.atMs > LOOK_OLD_MS;
  const moved = fresh || usedMs < 0 || usedMs > CPU_SHARE * (atMs - before.atMs);
  backend.look = { atMs, cpuMs, movedAtMs: moved ? atMs : before.movedAtMs };
  const quietMs = quietFor(state, atMs) ?? 0;
  if (!fresh && moved && backend.readiness === 'suspect' && quietMs < limits.busyMs)
    ready(draft, 'it uses CPU again');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
