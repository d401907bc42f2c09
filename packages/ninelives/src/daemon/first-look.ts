import type { UnitSnapshot } from '../core/types.js';
import { sleep } from '../host/clock.js';

type Inspect = () => Promise<UnitSnapshot | { unknown: string }>;

export interface FirstLook {
  inspect: Inspect;
  /** Resolves once a look has succeeded, is called off, or was waited for long enough. */
  succeeded(signal: AbortSignal): Promise<void>;
}

const LIMIT_MS = 30_000;
const POLL_MS = 50;

/**
 * A guard goes on with the kill of an earlier one at once, and only a look tells which processes are the unit's: before
 * the first that succeeds, each target would be taken for a stranger, and its service for one that can't be killed.
 */
export function createFirstLook(inspect: Inspect, limitMs = LIMIT_MS): FirstLook {
  let done = false;
  return {
    async inspect() {
      const seen = await inspect();
      if (!('unknown' in seen)) done = true;
      return seen;
    },
    async succeeded(signal) {
      for (let waitedMs = 0; !done && !signal.aborted && waitedMs < limitMs; waitedMs += POLL_MS) {
        await sleep(POLL_MS);
      }
    },
  };
}
