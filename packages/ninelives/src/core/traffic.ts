import { sameIncarnation } from './identity.js';
import type { Life } from './life.js';
import type { Draft } from './state.js';
import type { Incarnation, TrafficSight } from './types.js';

/** The gateway is asked every second; what it said longer ago than this tells nothing of now. */
const FRESH_MS = 5_000;

/** Clients who wait are the first to notice: then the next question is not put off until its time has come. */
export function absorbTraffic({ state, at }: Draft, of: Incarnation, traffic: TrafficSight): void {
  const { life } = state;
  if (!life || !sameIncarnation(of, life.incarnation)) return;
  const news = traffic.kind === 'standing' && life.traffic?.kind !== 'standing';
  life.traffic = traffic.kind === 'none' ? null : { ...traffic, atMs: at.atMs };
  if (traffic.kind === 'expected') life.sight = { ...life.sight, expectedAtMs: at.atMs };
  // While a client waits for what nobody has seen the like of, standing still can't be told from work.
  if (traffic.kind === 'unlearnt') life.sight = { ...life.sight, unseenAtMs: at.atMs };
  if (news && life.failures === 0) state.probeDueAtMs = Math.min(state.probeDueAtMs ?? at.atMs, at.atMs);
}

/** The counter was read, and has not moved. */
export function absorbStill({ state, at }: Draft, of: Incarnation): void {
  const { life } = state;
  if (life && sameIncarnation(of, life.incarnation)) life.stillAtMs = at.atMs;
}

/** What the traffic shows now; null: nothing is on its way, or nobody says. */
export function trafficNow({ traffic }: Life, atMs: number): Life['traffic'] {
  return traffic && atMs - traffic.atMs < FRESH_MS ? traffic : null;
}
