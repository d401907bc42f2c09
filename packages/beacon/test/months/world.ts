import type { Chance } from 'ninelives/dist/test/sim/seed/prng.js';

/** From and to, ms of the month. */
export type Interval = readonly [number, number];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const MONTH_MS = 30 * 24 * HOUR;
/** After the month nothing fails any more, and everything that is pending has to arrive. */
export const HEALING_MS = 2 * 24 * HOUR;

/** What is true in one month, drawn from its seed; nobody in it knows any of this but by looking. */
export interface Month {
  /** The service itself is down: nobody gets an answer. */
  outages: Interval[];
  /** The site's uplink is cut: down for the outside world, and whoever stands inside is blind. */
  partitions: Interval[];
  /** The off-site layer's own way out is cut. */
  farBlind: Interval[];
  /** One control owner alone is down: no reason to be blind. */
  controlDown: Interval[];
  /** The notifier's server is down. */
  notifierDown: Interval[];
  /** The LAN watcher is killed, and comes back. */
  watcherDown: Interval[];
  /** One look fails by chance, though all is well. */
  blip: number;
  /** One attempt at a page fails by chance: a 503, a line that breaks. */
  attemptFails: number;
  /** Dies between the notifier's acceptance and its own commit: this often a drain. */
  diesInWindow: number;
}

export function drawMonth(chance: Chance, blip: number): Month {
  const some = (name: string, mean: number, shortest: number, longest: number): Interval[] => {
    const own = chance.fork(name);
    const found: Interval[] = [];
    for (let at = own.wait(mean); at < MONTH_MS; at += own.wait(mean)) {
      const until = Math.min(MONTH_MS, at + own.scale(shortest, longest));
      found.push([at, until]);
      at = until;
    }
    return found;
  };
  return {
    outages: some('outages', 10 * 24 * HOUR, MINUTE, 8 * HOUR),
    partitions: some('partitions', 6 * 24 * HOUR, 20_000, 12 * HOUR),
    farBlind: some('far blind', 8 * 24 * HOUR, MINUTE, 6 * HOUR),
    controlDown: some('control', 5 * 24 * HOUR, MINUTE, 24 * HOUR),
    // Far oftener than any that people would keep, so that pages do meet it.
    notifierDown: some('notifier', 2 * 24 * HOUR, 10 * MINUTE, 30 * HOUR),
    watcherDown: some('watcher', 10 * 24 * HOUR, MINUTE, 4 * HOUR),
    blip,
    attemptFails: 0.2,
    diesInWindow: 0.1,
  };
}

export function within(intervals: readonly Interval[], atMs: number): boolean {
  return intervals.some(([from, to]) => from <= atMs && atMs < to);
}
