import type { HoldState } from '../hold/state.js';
import { type Answers, BOUNDS_MS } from '../learn/answers.js';
import { widthOf } from '../learn/window.js';
import { REFUSALS } from '../refusals.js';
import type { Readiness, Refusal } from '../types.js';

/** Every bound by its name. */
export type Limits = { readonly [name: string]: number };

const READINESS: Readiness[] = ['unknown', 'ready', 'suspect', 'down'];

interface Metric {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  /** `suffix`: of the parts of a histogram. */
  values: { labels?: Record<string, string>; value: number; suffix?: '_bucket' | '_sum' | '_count' }[];
}

/** Prometheus' text format 0.0.4. Labels are from closed sets only: nothing of a request is ever one. */
export function metricsText(
  state: HoldState,
  limits: Limits,
  turnedAway: ReadonlyMap<string, number>,
): string {
  return `${[...traffic(state, turnedAway), ...backend(state), ...bounds(state, limits)].map(textOf).join('\n')}\n`;
}

function traffic({ counts }: HoldState, turnedAway: ReadonlyMap<string, number>): Metric[] {
  const ends = Object.entries(counts.ends);
  const reasons = Object.keys(REFUSALS) as Refusal[];
  return [
    counter('requests_total', 'Requests that came to the hold.', [{ value: counts.arrived }]),
    counter(
      'ends_total',
      'How requests ended; together with those that are here they are all that came (I9).',
      ends.map(([end, value]) => ({ labels: { end }, value })),
    ),
    counter(
      'refused_total',
      'Refused requests by reason and by the limit behind it.',
      reasons.map((why) => ({
        labels: { reason: why, limit: REFUSALS[why].limit ?? '' },
        value: counts.refused.get(why) ?? 0,
      })),
    ),
    counter(
      'turned_away_total',
      'Refused at the door, or cut off for taking no answer, by code.',
      [...turnedAway].map(([code, value]) => ({ labels: { code }, value })),
    ),
    waited(counts.answers),
    counter('completions_total', 'Work of the model, done right and whole.', [{ value: counts.completions }]),
    counter('copies_total', 'Sendings to the backend.', [{ value: counts.copies }]),
  ];
}

/** Seconds, cumulative, as Prometheus wants a histogram. */
function waited({ count, sumMs, within }: Answers): Metric {
  let sum = 0;
  const buckets = [...BOUNDS_MS.map((ms) => String(ms / 1_000)), '+Inf'].map((le, at) => {
    sum += within[at] ?? 0;
    return { labels: { le }, value: sum, suffix: '_bucket' as const };
  });
  return {
    name: 'answer_duration_seconds',
    type: 'histogram',
    help: 'From the arrival of a request to its whole answer, of those that were answered.',
    values: [...buckets, { value: sumMs / 1_000, suffix: '_sum' }, { value: count, suffix: '_count' }],
  };
}

function backend({ counts, backend: { readiness }, ledger, window }: HoldState): Metric[] {
  return [
    gauge(
      'backend',
      'May it get traffic?',
      READINESS.map((word) => ({ labels: { readiness: word }, value: Number(word === readiness) })),
    ),
    counter('backend_deaths_total', 'Ends of the backend that were seen here.', [{ value: counts.deaths }]),
    counter('canaries_total', 'Small pieces of real work asked for.', [{ value: counts.canaries }]),
    gauge('suspects', 'Inputs that were on their way at a death, convicts included.', [
      { value: ledger.entries.size },
    ]),
    counter('convictions_total', 'Inputs quarantined.', [{ value: counts.convictions }]),
    gauge('width', 'Copies that may be on their way at once now.', [{ value: widthOf(window) }]),
  ];
}

function bounds({ flying, line, requests, bytes, counts }: HoldState, limits: Limits): Metric[] {
  return [
    gauge('in_flight', 'Copies on their way.', [{ value: flying.size }]),
    gauge('queued', 'Requests that wait.', [{ value: line.waiting.length }]),
    gauge('requests', 'Requests that are here.', [{ value: requests.size }]),
    gauge('bytes', 'Their bodies.', [{ value: bytes }]),
    gauge('longest_hold_seconds', 'The longest that any request was here.', [
      { value: counts.longestHoldMs / 1_000 },
    ]),
    gauge(
      'limit',
      'Every limit, by name.',
      Object.entries(limits).map(([limit, value]) => ({ labels: { limit }, value })),
    ),
  ];
}

function counter(name: string, help: string, values: Metric['values']): Metric {
  return { name, help, values, type: 'counter' };
}

function gauge(name: string, help: string, values: Metric['values']): Metric {
  return { name, help, values, type: 'gauge' };
}

function textOf({ name, type, help, values }: Metric): string {
  const full = `ninelives_gateway_${name}`;
  const lines = values.map(({ labels = {}, value, suffix = '' }) => {
    const inner = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
    return `${full}${suffix}${inner.length > 0 ? `{${inner.join(',')}}` : ''} ${value}`;
  });
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines].join('\n');
}
