import type { GuardState } from './decision.js';
import type { Policy } from './policy.js';
import type { At } from './types.js';

/**
 * When the next kill may happen, as far as counting goes: a time on the monotonic clock (possibly past), with
 * the rule that set it; `null` when the unit's own start limit never leaves room for one.
 */
export interface Allowance {
  atMs: number;
  rule: 'now' | 'window' | 'slow' | 'headroom';
}

/** A kill costs one start; one more must be left for a crash that is nobody's fault (I3). */
const STARTS_NEEDED = 2;

/** The earliest moment at which the budget, the slowing down and the unit's start limit all agree. */
export function nextKillAllowed(state: GuardState, policy: Policy, atMs: number): Allowance | null {
  const headroom = startRoomAtMs(state, atMs);
  if (headroom === null) return null;
  const candidates: Allowance[] = [
    { atMs, rule: 'now' },
    { atMs: windowAtMs(state.kills, policy), rule: 'window' },
    { atMs: slowAtMs(state, policy), rule: 'slow' },
    { atMs: headroom, rule: 'headroom' },
  ];
  return candidates.reduce((latest, next) => (next.atMs > latest.atMs ? next : latest));
}

/** The one kill that a drill announced: outside budget and slowing down, never beyond the unit's own start limit. */
export function nextDrillKillAllowed(state: GuardState, atMs: number): Allowance | null {
  const headroom = startRoomAtMs(state, atMs);
  if (headroom === null) return null;
  return headroom > atMs ? { atMs: headroom, rule: 'headroom' } : { atMs, rule: 'now' };
}

/** Fewer than `killsMax` kills in any window: the oldest of the last `killsMax` must have left it. */
function windowAtMs(kills: At[], policy: Policy): number {
  const oldest = kills.at(-policy.killsMax);
  return oldest ? oldest.atMs + policy.windowMs : Number.NEGATIVE_INFINITY;
}

/** Kills that do not help are tried ever more rarely, never given up (I8). */
function slowAtMs(state: GuardState, policy: Policy): number {
  const last = state.kills.at(-1);
  if (!last || state.series < policy.killsMax) return Number.NEGATIVE_INFINITY;
  const doublings = Math.min(state.series - policy.killsMax, 30);
  return last.atMs + Math.min(policy.slowMs * 2 ** doublings, policy.slowMaxMs);
}

/**
 * The start limit counts every start, a crash's and an operator's too (systemd.unit(5), StartLimitBurst=),
 * so the room is reckoned from the observed starts. A burst or interval of 0 means no limit.
 */
export function startRoomAtMs(state: GuardState, atMs: number): number | null {
  const unit = state.unit;
  if (!unit) return Number.NEGATIVE_INFINITY;
  const { burst, intervalMs } = unit.startLimit;
  if (burst <= 0 || intervalMs <= 0) return Number.NEGATIVE_INFINITY;
  if (burst < STARTS_NEEDED) return null;
  const starts = unit.recentStartsAtMs.filter((start) => start > atMs - intervalMs);
  const excess = starts.length + STARTS_NEEDED - burst;
  if (excess <= 0) return Number.NEGATIVE_INFINITY;
  return (starts[excess - 1] as number) + intervalMs;
}

/** Kills older than every window are forgotten; the last `killsMax` stay, since the slowing down needs them. */
export function trimKills(kills: At[], policy: Policy, atMs: number): At[] {
  const horizon = atMs - Math.max(policy.windowMs, policy.slowMaxMs);
  return kills.filter((kill, index) => kill.atMs > horizon || index >= kills.length - policy.killsMax);
}
