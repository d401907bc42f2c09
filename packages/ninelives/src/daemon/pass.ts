import type { GuardKind, GuardState } from '../core/decision.js';
import { KILLABLE, VERDICTS } from '../core/verdicts.js';

/** One pass gets this long: three failures at the longest deadline, a restart and a large model's load. */
export const PASS_LIMIT_MS = 10 * 60_000;

/**
 * Has one pass of `guard --once` done for this service what it can? true: it serves; false: only a person, or time, can go
 * on; null: not yet. An incident that was escalated by an earlier pass is no answer of this one: it may have been mended
 * since, and the next attempt may be due (I8).
 */
export function passAnswer(state: GuardState, begunAtMs: number): boolean | null {
  const { verdict, incident, life, intent } = state;
  if (verdict.kind === 'serving' && incident === null && (life?.passes ?? 0) > 0) return true;
  if (incident?.status !== 'escalated' || intent !== null || state.unitAtMs < begunAtMs) return null;
  // Failures are counted anew in each pass: what may be killed now was seen now, and its kill is withheld. Unless an
  // outcome is at hand, whose own step has yet to decide (L1).
  if (KILLABLE.has(verdict.kind)) return life?.killIntentId === null && !state.atHand ? false : null;
  const personal = VERDICTS[verdict.kind as GuardKind]?.follows === 'page';
  const asked = life === null || ASKS_NOTHING.has(verdict.kind) || life.lastProbeAtMs >= begunAtMs;
  return personal && asked ? false : null;
}

/** Known from the look at the unit alone. */
const ASKS_NOTHING: ReadonlySet<string> = new Set(['masked', 'unkillable']);
