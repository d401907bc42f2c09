import type { Incident, Page } from 'ninelives/dist/src/core/decision.js';
import { hear, initialHeart, listen } from 'ninelives/dist/src/heartbeat/step.js';
import type { BeaconConfig } from 'ninelives/dist/src/watch/far-config.js';
import type { BeaconState, Heard } from './state.js';

/** What is kept of a ping's body. */
export const TEXT_MAX_CHARS = 1_000;

/**
 * What became of the hearts since the pass before; pages in the order of their causes. The words were kept when they came;
 * silence is judged here. `gapMs`: since that pass; when it was too long nobody may have been here to hear them, and silence
 * counts anew.
 */
export function judgeHearts(
  state: BeaconState,
  heard: { [name: string]: Heard },
  { hears, layer, lateAfterMs }: BeaconConfig,
  { wallMs, gapMs }: { wallMs: number; gapMs: number | null },
): { incidents: Incident[]; pages: Page[] } {
  if (gapMs === null || gapMs > lateAfterMs) state.listeningSinceWallMs = wallMs;
  const sinceWallMs = state.listeningSinceWallMs ?? wallMs;
  const incidents: Incident[] = [];
  const pages: Page[] = [];
  for (const { name, graceMs } of hears) {
    const known = state.hearts[name] ?? initialHeart(name, layer);
    const word = heard[name];
    const fresh = word !== undefined && word.wallMs > (known.lastWallMs ?? Number.NEGATIVE_INFINITY);
    const first = fresh
      ? hear(known, word.ping, word.text, { atMs: word.wallMs, wallMs: word.wallMs })
      : { state: known, incidents: [], pages: [] };
    const quietForMs = wallMs - Math.max(first.state.lastWallMs ?? sinceWallMs, sinceWallMs);
    const then = listen(first.state, quietForMs, graceMs, { atMs: wallMs, wallMs });
    state.hearts[name] = then.state;
    incidents.push(...first.incidents, ...then.incidents);
    pages.push(...first.pages, ...then.pages);
  }
  return { incidents, pages };
}

/** The word to keep of two: what only says that a run has begun does not take back that the last one failed. */
export function newerWord(kept: Heard | undefined, word: Heard): Heard | undefined {
  if (word.ping.beat === 'log') return kept;
  return word.ping.beat === 'start' && kept?.ping.beat === 'fail' ? { ...kept, wallMs: word.wallMs } : word;
}
