import { readFileSync } from 'node:fs';
import type { Stat } from './parse.js';
import { environValue } from './parse.js';
import { hasEnded, readEnviron, readRealUid } from './processes.js';

/**
 * Reads one environment variable of the processes of this user. Each process is read once; the answer is
 * kept by pid and start ticks.
 */
export interface CarrierLookup {
  /** pid -> value, for those of `stats` that carry the variable. */
  valuesOf(stats: readonly Stat[]): Promise<Map<number, string>>;
}

/** Between fork and exec a process still shows its parent's environment: don't believe a "no" that early. */
const SETTLED_MS = 2_000;

export function createCarrierLookup(variable: string, uid: number, ticksPerSecond: number): CarrierLookup {
  const known = new Map<string, string | null>();
  return {
    async valuesOf(stats) {
      const values = new Map<number, string>();
      const seen = new Set<string>();
      const uptimeMs = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * 1_000;
      for (const stat of stats) {
        if (hasEnded(stat)) continue;
        const key = `${stat.pid}/${stat.startTicks}`;
        seen.add(key);
        let value = known.get(key);
        if (value === undefined) {
          const environ = readRealUid(stat.pid) === uid ? await readEnviron(stat.pid) : null;
          value = environ === null ? null : environValue(environ, variable);
          const ageMs = uptimeMs - (stat.startTicks * 1_000) / ticksPerSecond;
          if (value !== null || ageMs > SETTLED_MS) known.set(key, value);
        }
        if (value !== null) values.set(stat.pid, value);
      }
      for (const key of known.keys()) if (!seen.has(key)) known.delete(key);
      return values;
    },
  };
}
