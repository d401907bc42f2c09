import type { GuardState } from './decision.js';
import { isMasked } from './identity.js';
import type { Revival } from './life.js';
import type { Draft } from './state.js';
import type { UnitSnapshot } from './types.js';

const REVIVALS_KEPT = 6;
/** Free memory that shrinks at each of this many restarts in a row is not chance. */
const SHRINKS_SEEN = 3;
/** By this share in all. */
const SHRUNK_SHARE = 0.05;

/** Takes note of how a restart found the machine. */
export function noteRevival(draft: Draft, unit: UnitSnapshot): void {
  const { state, at } = draft;
  const revival: Revival = { wallMs: at.wallMs, freeBytes: unit.memory?.freeBytes ?? null };
  state.revivals = [...(state.revivals ?? []), revival].slice(-REVIVALS_KEPT);
}

/**
 * Why restarts may not help, as far as can be seen, in clauses: the port is taken, the GPU is lost, memory shrinks at
 * each restart. '' when nothing of that shows.
 */
export function whyNoHelp({ unit, revivals = [] }: GuardState): string {
  const clauses: string[] = [];
  if (unit && isMasked(unit)) clauses.push(`its port is taken: ${unit.portOwner.text}`);
  if (unit?.gpu && 'trouble' in unit.gpu) clauses.push(`its GPU may be lost: ${unit.gpu.trouble}`);
  const shrinking = shrinkingMemory(revivals);
  if (shrinking) clauses.push(shrinking);
  return clauses.map((clause) => `; ${clause}`).join('');
}

function shrinkingMemory(revivals: readonly Revival[]): string | null {
  const frees = revivals.flatMap(({ freeBytes }) => (freeBytes === null ? [] : [freeBytes]));
  if (frees.length < SHRINKS_SEEN) return null;
  const first = frees[0] as number;
  const last = frees.at(-1) as number;
  const falls = frees.every((free, nth) => nth === 0 || free < (frees[nth - 1] as number));
  if (!falls || first - last < SHRUNK_SHARE * first) return null;
  const shown = frees.map((free) => (free / 1e9).toFixed(1)).join(' → ');
  return `free memory shrinks at each restart (${shown} GB): something is not given back, a reboot may be needed`;
}
