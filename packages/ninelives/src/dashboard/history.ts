import type { Minute } from '../record/record.js';
import type { HistoryView } from './view.js';

const MINUTE_MS = 60_000;

/** Minutes summed into buckets that end now: few enough to draw and to send, whatever the range. */
export function historyView(
  minutes: Minute[],
  nowWallMs: number,
  rangeMs: number,
  buckets: number,
): HistoryView {
  const bucketMs = rangeMs / buckets;
  const fromWallMs = nowWallMs - rangeMs;
  const zeros = () => new Array<number>(buckets).fill(0);
  const [passed, failed, unknown, sums, maxima] = [zeros(), zeros(), zeros(), zeros(), zeros()];
  const watched = new Array<boolean>(buckets).fill(false);
  for (const row of minutes) {
    const wallMs = Math.max(row.minute * MINUTE_MS, fromWallMs);
    const at = Math.min(buckets - 1, Math.floor((wallMs - fromWallMs) / bucketMs));
    if (at < 0) continue;
    add(passed, at, row.passed);
    add(failed, at, row.failed);
    add(unknown, at, row.unknown);
    add(sums, at, row.tookSumMs);
    maxima[at] = Math.max(maxima[at] ?? 0, row.tookMaxMs);
    watched[at] = true;
  }
  const none = (at: number) => (passed[at] ?? 0) === 0;
  return {
    fromWallMs,
    bucketMs,
    passed,
    failed,
    unknown,
    watched,
    meanMs: sums.map((sum, at) => (none(at) ? null : round(sum / (passed[at] ?? 1)))),
    maxMs: maxima.map((most, at) => (none(at) ? null : round(most))),
  };
}

function add(column: number[], at: number, value: number): void {
  column[at] = (column[at] ?? 0) + value;
}

/** A tenth of a ms is enough to draw. */
function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
