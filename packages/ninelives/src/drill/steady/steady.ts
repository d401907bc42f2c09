import { nextDrillKillAllowed, startRoomAtMs } from '../../core/budget.js';
import type { GuardState } from '../../core/decision.js';
import type { ProbeOutcome } from '../../core/types.js';
import type { Fault } from '../faults/fault.js';
import type { DrillPorts } from '../ports.js';
import type { SteadyState, Traffic } from '../report.js';
import { lookForTraffic } from './traffic.js';

const QUESTIONS = 5;
const PAUSE_MS = 100;

/**
 * Steady state first: a fault in a sick service proves nothing and harms it more, and one in a busy service
 * harms its clients. Asks real questions, and looks for other clients.
 * @param known what already speaks against a drill
 */
export async function measureSteadyState(
  state: GuardState,
  known: readonly string[],
  ports: DrillPorts,
  options: { ownTraffic: boolean; signal: AbortSignal },
): Promise<SteadyState> {
  const { ownTraffic, signal } = options;
  const objections = [...known];
  const asked = await askQuestions(state.probeDeadlineMs, ports, signal);
  const wrong = asked.outcomes.find((outcome) => outcome.reason !== 'ok');
  const right = asked.outcomes.filter((outcome) => outcome.reason === 'ok');
  if (wrong) objections.push(`${right.length} of ${QUESTIONS} of our own probes were right: ${wrong.detail}`);
  const traffic: Traffic =
    wrong || ownTraffic
      ? { seen: 'not-measurable', text: 'other traffic was not looked for' }
      : await lookForTraffic(state.service, asked.cost, ports, signal);
  if (traffic.seen === 'some') objections.push(`it is in use: ${traffic.text}`);
  return {
    asked: asked.outcomes.length,
    right: right.length,
    medianMs: median(right.map((outcome) => Math.round(outcome.tookMs))),
    traffic,
    objections,
  };
}

/** A moment that passes by itself and soon, such as the start limit's window, is waited for. */
const WAIT_MAX_MS = 30_000;

/** How long until the guard may kill, or the supervisor start, once more, where that is worth waiting for. */
export function worthWaitingMs(fault: Fault, state: GuardState, atMs: number): number {
  const waitMs = (allowedAtMs(fault, state, atMs) ?? atMs) - atMs;
  return waitMs > 0 && waitMs <= WAIT_MAX_MS ? waitMs : 0;
}

/** When what the fault needs can be had; null: never. */
function allowedAtMs(fault: Fault, state: GuardState, atMs: number): number | null {
  if (fault.needs === 'nothing') return atMs;
  if (fault.needs === 'start') return startRoomAtMs(state, atMs);
  return nextDrillKillAllowed(state, atMs)?.atMs ?? null;
}

/** What the guard's own state says against a drill. Pure. */
export function judgeState(fault: Fault, state: GuardState, atMs: number): string[] {
  const objections: string[] = [];
  if (state.desired === 'paused') objections.push('the guard is paused (next: ninelives resume)');
  if (state.incident) objections.push(`incident ${state.incident.id} is open: ${state.incident.sentence}`);
  else if (state.verdict.kind !== 'serving') objections.push(`it is not serving: ${state.verdict.sentence}`);
  if (fault.needs === 'start') {
    const roomAtMs = startRoomAtMs(state, atMs);
    if (roomAtMs === null)
      objections.push('its start limit leaves no room for a restart, so it would stay down');
    else if (roomAtMs > atMs) {
      const wait = words(roomAtMs - atMs);
      objections.push(`too many starts just now: its start limit has room in ${wait}, so it might stay down`);
    }
  }
  if (fault.needs === 'kill' && state.desired === 'guarded') {
    const allowed = nextDrillKillAllowed(state, atMs);
    const waitMs = (allowed?.atMs ?? atMs) - atMs;
    if (!allowed) objections.push('its start limit never leaves room for a kill, so it would stay hung');
    else if (waitMs > 0) {
      const why = `too many starts just now: the guard may not kill for another ${words(waitMs)}`;
      objections.push(`${why}, so it would stay hung`);
    }
  }
  return objections;
}

function words(waitMs: number): string {
  return waitMs < 120_000 ? `${Math.ceil(waitMs / 1_000)} s` : `${Math.ceil(waitMs / 60_000)} min`;
}

async function askQuestions(deadlineMs: number, ports: DrillPorts, signal: AbortSignal) {
  const ask = ports.prober();
  const outcomes: ProbeOutcome[] = [];
  let cost: number | null = null;
  for (let attempt = 1; attempt <= QUESTIONS && !signal.aborted; attempt += 1) {
    const before = await ports.completions?.();
    const outcome = await ask({ deadlineMs, attempt, signal });
    const after = await ports.completions?.();
    outcomes.push(outcome);
    if (outcome.reason !== 'ok') break;
    if (typeof before === 'number' && typeof after === 'number' && after > before) {
      // The least of them: others may have worked in between.
      cost = Math.min(cost ?? Number.POSITIVE_INFINITY, after - before);
    }
    await ports.clock.sleep(PAUSE_MS, signal);
  }
  return { outcomes, cost };
}

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}
