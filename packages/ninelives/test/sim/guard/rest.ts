import type { GuardState } from '../../../src/core/decision.js';
import type { Machine } from '../box/machine.js';

/** In trouble that only time or a person can end, the guard still gets to look this often. */
const IN_TROUBLE_MS = 120_000;

/**
 * When the guard's next tick may come, if the ticks until then could see nothing that they have not seen before,
 * because nothing in the world happens until `T`. The tick is put off to some probes before `T`, so that whatever
 * happens then meets a guard that has been looking all along. To the guard it is a machine that did not schedule it
 * for a while, which a guard must stand anyway; strict worlds take every tick, and so does every world once its
 * faults have stopped.
 */
export function restUntilMs(machine: Machine, state: GuardState): number {
  const { stage, server, disk } = machine;
  const { policy, timing, strict } = stage.scenario;
  const { nowMs } = stage;
  if (strict || !stage.faulty || disk.full || state.intent) return nowMs;
  const beforeMs = 3 * policy.intervalMs + 3 * timing.inspectMs + 10_000;
  const restMs = stage.time.nextMs() - beforeMs - nowMs;
  if (server.life?.mode === 'ok' && !server.foreign && isCalm(state)) return nowMs + restMs;
  return isWaiting(state) ? nowMs + Math.min(restMs, IN_TROUBLE_MS) : nowMs;
}

/** Serving, and nothing left of whatever was before. */
function isCalm({ life, incident, desired, unit, verdict }: GuardState): boolean {
  if (!life || !unit || incident || desired === 'paused' || verdict.kind !== 'serving') return false;
  const settled = life.recent.length >= 3 && life.recent.every((reason) => reason === 'ok');
  return settled && unit.leftovers.length === 0 && unit.portOwner.who === 'unit';
}

/** For its budget, for proof, or for a person; whoever is needed was told. */
function isWaiting({ life, incident, withheld, unit }: GuardState): boolean {
  if (incident?.status !== 'escalated') return false;
  if (life) return withheld !== null || !unit?.leftovers.length;
  return unit?.phase === 'failed' || unit?.phase === 'inactive';
}
