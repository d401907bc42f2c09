import type { Minute, TrafficMinute } from '../record/record.js';
import type { HistoryView } from './view.js';

export const MINUTE_MS = 60_000;

/** Probes of some while, summed; times in ms. */
export interface ProbePoint {
  wallMs: number;
  passed: number;
  failed: number;
  unknown: number;
  /** Of the right answers. */
  tookSumMs: number;
  tookMaxMs: number;
}

/** Clients' requests of some while, summed. */
export interface ClientPoint {
  wallMs: number;
  answered: number;
  replayed: number;
  refused: number;
  /** Of those that were answered. */
  tookSumMs: number;
  tookMaxMs: number;
}

export interface HistoryOptions {
  nowWallMs: number;
  rangeMs: number;
  buckets: number;
  /** How long a point lasts: a minute that has begun before the range reaches into it. */
  pointMs: number;
}

export const probePoints = (rows: Minute[]): ProbePoint[] =>
  rows.map((row) => ({ ...row, wallMs: row.minute * MINUTE_MS }));

export const clientPoints = (rows: TrafficMinute[]): ClientPoint[] =>
  rows.map((row) => ({ ...row, wallMs: row.minute * MINUTE_MS }));

/** Points summed into buckets that end now: few enough to draw and to send, whatever the range. */
export function historyView(
  { probes, clients }: { probes: ProbePoint[]; clients: ClientPoint[] },
  { nowWallMs, rangeMs, buckets, pointMs }: HistoryOptions,
): HistoryView {
  const bucketMs = rangeMs / buckets;
  const fromWallMs = nowWallMs - rangeMs;
  const zeros = () => new Array<number>(buckets).fill(0);
  const within = <T extends { wallMs: number }>(points: T[]) =>
    points.flatMap((point): [number, T][] => {
      if (point.wallMs <= fromWallMs - pointMs || point.wallMs > nowWallMs) return [];
      const into = Math.floor((Math.max(point.wallMs, fromWallMs) - fromWallMs) / bucketMs);
      return [[Math.min(buckets - 1, into), point]];
    });
  const [passed, failed, unknown, sums, maxima] = [zeros(), zeros(), zeros(), zeros(), zeros()];
  const [answered, replayed, refused, waits, longest] = [zeros(), zeros(), zeros(), zeros(), zeros()];
  const watched = new Array<boolean>(buckets).fill(false);
  const looked = within(probes);
  for (const [at, row] of looked) {
    add(passed, at, row.passed);
    add(failed, at, row.failed);
    add(unknown, at, row.unknown);
    add(sums, at, row.tookSumMs);
    maxima[at] = Math.max(maxima[at] ?? 0, row.tookMaxMs);
    watched[at] = true;
  }
  for (const [at, row] of within(clients)) {
    add(answered, at, row.answered + row.replayed);
    add(replayed, at, row.replayed);
    add(refused, at, row.refused);
    add(waits, at, row.tookSumMs);
    longest[at] = Math.max(longest[at] ?? 0, row.tookMaxMs);
  }
  return {
    ...{ fromWallMs, bucketMs, passed, failed, unknown, watched },
    sinceWallMs: looked[0]?.[1].wallMs ?? null,
    ...{ meanMs: means(sums, passed), maxMs: maxOf(maxima, passed) },
    clients: { answered, replayed, refused, meanMs: means(waits, answered), maxMs: maxOf(longest, answered) },
  };
}

function add(column: number[], at: number, value: number): void {
  column[at] = (column[at] ?? 0) + value;
}

function means(sums: number[], counts: number[]): (number | null)[] {
  return sums.map((sum, at) => ((counts[at] ?? 0) === 0 ? null : round(sum / (counts[at] ?? 1))));
}

function maxOf(maxima: number[], counts: number[]): (number | null)[] {
  return maxima.map((most, at) => ((counts[at] ?? 0) === 0 ? null : round(most)));
}

/** A tenth of a ms is enough to draw. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
