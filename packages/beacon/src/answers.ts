import type { Incident, Page } from 'ninelives/dist/src/core/decision.js';
import { heartName, operateHeart } from 'ninelives/dist/src/heartbeat/step.js';
import { watchOperate } from 'ninelives/dist/src/watch/step.js';
import type { BeaconState } from './state.js';

/**
 * Somebody said on the phone that they are on it: the word reaches the step that keeps that loss, as everywhere. The page
 * about it goes to whoever was told of the loss; the outbox knows who.
 */
export function acknowledge(
  state: BeaconState,
  service: string,
  by: string,
  wallMs: number,
): { incidents: Incident[]; pages: Page[] } {
  const at = { atMs: wallMs, wallMs };
  const watched = state.services[service];
  if (watched) {
    const decision = watchOperate(watched, 'acknowledge', by, at);
    state.services[service] = decision.state;
    return decision;
  }
  const heart = Object.values(state.hearts).find(({ from }) => heartName(from) === service);
  if (!heart) return { incidents: [], pages: [] };
  const decision = operateHeart(heart, 'acknowledge', by, at);
  state.hearts[heart.from] = decision.state;
  return decision;
}
