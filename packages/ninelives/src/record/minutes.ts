import type { Decision } from '../core/decision.js';
import { RESULT_OF } from '../core/types.js';
import type { Minute } from './record.js';

const MINUTE_MS = 60_000;

/** What one commit adds to its minute; null when it carries no time at all. */
export function markOf({ sample, events }: Decision, lookedWallMs: number | undefined): Minute | null {
  const wallMs = lookedWallMs ?? sample?.wallMs ?? events.at(-1)?.wallMs;
  if (wallMs === undefined) return null;
  const result = sample && RESULT_OF[sample.reason];
  const tookMs = sample && result === 'pass' ? sample.tookMs : 0;
  return {
    minute: Math.floor(wallMs / MINUTE_MS),
    firstWallMs: wallMs,
    lastWallMs: wallMs,
    passed: Number(result === 'pass'),
    failed: Number(result === 'fail'),
    unknown: Number(result === 'unknown'),
    tookSumMs: tookMs,
    tookMaxMs: tookMs,
  };
}

/** Adds a mark to rows in order of time. A wall clock that was set back marks an old minute again. */
export function addMark(rows: Minute[], mark: Minute): void {
  const at = rows.findLastIndex(({ minute }) => minute <= mark.minute);
  const known = rows[at];
  if (known?.minute === mark.minute) rows[at] = summed(known, mark);
  else rows.splice(at + 1, 0, mark);
}

function summed(a: Minute, b: Minute): Minute {
  return {
    minute: a.minute,
    firstWallMs: Math.min(a.firstWallMs, b.firstWallMs),
    lastWallMs: Math.max(a.lastWallMs, b.lastWallMs),
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    unknown: a.unknown + b.unknown,
    tookSumMs: a.tookSumMs + b.tookSumMs,
    tookMaxMs: Math.max(a.tookMaxMs, b.tookMaxMs),
  };
}
