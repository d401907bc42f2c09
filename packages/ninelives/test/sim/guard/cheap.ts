import type { CheapAnswer } from '../../../src/core/types.js';
import { type Life, LOOKS } from '../box/life.js';
import type { Stage } from '../box/stage.js';

const ANSWERS: CheapAnswer[] = [{ path: '/health', status: 200, tookMs: 1 }];
const SILENT: CheapAnswer[] = [{ path: '/health', status: null, tookMs: 1_000 }];

/**
 * How `/health` answers beside a probe. A machine that is short of CPU may keep even that from coming in time; once, not
 * twice running: what is silent from probe to probe is silent to anybody, and is judged as a jam.
 */
export function cheapEndpoints(stage: Stage): (life: Life | null) => CheapAnswer[] {
  const chance = stage.chance('daemon/cheap');
  let missed = false;
  return (life) => {
    const answers = life?.portBound && LOOKS[life.mode].cheap;
    missed = !missed && stage.faulty && chance.yes(0.03);
    return answers && !missed ? ANSWERS : SILENT;
  };
}
