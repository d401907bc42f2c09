import type { Call, Pass } from './client.js';
import type { Reference } from './mteb.js';
import { percentile, sharedDigits } from './statistics.js';

/** One fault that was really done. */
export interface Strike {
  fault: string;
  /** Monotonic ms of the signal. */
  atMs: number;
  /** Fault to the first right answer after it, ms; null: not seen. */
  outageMs: number | null;
  /** As the drill expects it. */
  passed: boolean;
  /** What was not, each a clause. */
  why: string[];
  /** Nothing is left of it: it was healed, or put back. */
  restored: boolean;
}

/** Passes over the data, without faults or with them. */
export interface Course {
  passes: Pass[];
  calls: Call[];
}

export interface Rehearsal {
  url: string;
  service: string | null;
  data: { name: string; pairs: number };
  client: { batch: number; concurrency: number; timeoutMs: number };
  /** RFC 3339, when it began. */
  at: string;
  quiet: Course;
  faulted: Course | null;
  strikes: Strike[];
  reference: Reference | null;
}

/** A course in figures. */
export interface Figures {
  passes: number;
  /** Of the first whole pass; null without one. */
  score: number | null;
  calls: number;
  failed: number;
  /** Of the calls that were answered, ms. */
  p50Ms: number | null;
  p99Ms: number | null;
  longestMs: number | null;
  /** Why calls failed, and how many each. */
  reasons: { [why: string]: number };
}

export interface Verdict {
  /** To so many digits after the point the model repeats itself, and is compared; -1: not even whole points. */
  digits: number;
  passed: boolean;
  /** What was not as it must be, each a clause. */
  why: string[];
}

export function figuresOf({ passes, calls }: Course): Figures {
  const answered = calls.filter(({ why }) => why === null).map(({ tookMs }) => tookMs);
  const reasons: { [why: string]: number } = {};
  for (const { why } of calls) if (why !== null) reasons[why] = (reasons[why] ?? 0) + 1;
  return {
    passes: passes.length,
    score: passes.find(({ score }) => score !== null)?.score ?? null,
    calls: calls.length,
    failed: calls.length - answered.length,
    p50Ms: percentile(answered, 0.5),
    p99Ms: percentile(answered, 0.99),
    longestMs: percentile(answered, 1),
    reasons,
  };
}

/** Did the client see anything of it? No call failed, and each pass has the score that the model repeats by itself. */
export function judge({ quiet, faulted, strikes }: Rehearsal, wanted: number): Verdict {
  const scores = (course: Course) =>
    course.passes.flatMap(({ score }) => (score === null || Number.isNaN(score) ? [] : [score]));
  const digits = scores(quiet).length === 0 ? -1 : sharedDigits(scores(quiet));
  const why: string[] = [];
  for (const [name, course] of [
    ['quiet', quiet],
    ['with faults', faulted],
  ] as const) {
    const { failed, calls } = course ? figuresOf(course) : { failed: 0, calls: 1 };
    if (failed > 0) why.push(`${failed} of ${calls} calls failed (${name})`);
    else if (course && scores(course).length < course.passes.length)
      why.push(`a pass has no score (${name})`);
  }
  if (faulted && strikes.length < wanted) why.push(`${strikes.length} of ${wanted} faults were done`);
  const [reference] = scores(quiet);
  const tolerance = 10 ** -digits;
  const other =
    faulted && scores(faulted).find((score) => Math.abs(score - (reference ?? score)) >= tolerance);
  if (typeof other === 'number') {
    why.push(
      `the score with faults is ${other.toFixed(Math.max(2, digits))}, not ${reference?.toFixed(Math.max(2, digits))}`,
    );
  }
  for (const strike of strikes) {
    if (!strike.passed) why.push(`${strike.fault} was not healed as it should be: ${strike.why.join(', ')}`);
  }
  return { digits, passed: why.length === 0, why };
}
