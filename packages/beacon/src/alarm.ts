import { armDeadman } from 'ninelives/dist/src/heartbeat/sender.js';
import type { BeaconConfig } from 'ninelives/dist/src/watch/far-config.js';
import type { BeaconState } from './state.js';

const LIMIT_MS = 10_000;

/**
 * Puts off the scheduled message that ntfy delivers when this layer has stopped. Four times within its time, not with each
 * pass: ntfy.sh takes 250 messages a day. Returns whether the state changed.
 */
export async function armAlarm(
  state: BeaconState,
  {
    config,
    vantage,
    wallMs,
  }: { config: BeaconConfig; vantage: { fetch: typeof globalThis.fetch }; wallMs(): number },
): Promise<boolean> {
  const { alarm, layer } = config;
  if (alarm === null || state.alarm.tooOld) return false;
  const { armedWallMs } = state.alarm;
  const sinceMs = armedWallMs === null ? Number.POSITIVE_INFINITY : wallMs() - armedWallMs;
  if (sinceMs >= 0 && sinceMs < alarm.afterMs / 4) return false;
  const armed = await armDeadman({ ...alarm, layer }, AbortSignal.timeout(LIMIT_MS), vantage);
  state.alarm = armed.ok
    ? { armedWallMs: wallMs(), error: null, tooOld: false }
    : { armedWallMs, error: armed.error, tooOld: armed.tooOld ?? false };
  return true;
}
