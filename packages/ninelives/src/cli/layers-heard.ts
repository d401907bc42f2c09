import type { Config } from '../config/service.js';
import { guardLayer } from '../daemon/run.js';
import { type HeartState, isHeart } from '../heartbeat/step.js';
import type { GuardRecord } from '../record/record.js';
import { watchStateOf } from '../watch/kept.js';

/** When each layer gave its last sign of life, wall ms, as far as this record knows: heard here, or at work here itself. */
export function heardIn(record: GuardRecord, config: Config): { [layer: string]: number } {
  const heard: { [layer: string]: number } = {};
  const note = (layer: string, wallMs: number | null | undefined) => {
    if (wallMs !== null && wallMs !== undefined) heard[layer] = Math.max(heard[layer] ?? 0, wallMs);
  };
  for (const name of record.services()) {
    const state = record.load(name)?.state;
    if (!state) continue;
    if (isHeart(name)) {
      const heart = (state as { heartbeat?: HeartState }).heartbeat;
      if (heart) note(heart.from, heart.lastWallMs);
      continue;
    }
    const watch = watchStateOf(state);
    if (watch) note(watch.layer, watch.lastLookWallMs);
    else note(guardLayer(config), record.minutes(name, 0).at(-1)?.lastWallMs);
  }
  return heard;
}
