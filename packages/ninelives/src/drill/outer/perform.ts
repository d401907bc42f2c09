import type { Arrival, Expected, Met, OuterNews, OuterReport } from './report.js';
import type { OuterDrill } from './table.js';

/** What an outer drill needs from the world. */
export interface OuterPorts {
  clock: { wallMs(): number; sleep(ms: number, signal?: AbortSignal): Promise<void> };
  /** Pages since then that can be seen from here: of the record, of topics that can be read, of a person who says so. */
  arrivals(sinceWallMs: number): Promise<Arrival[]>;
  /** Would that one be among them? */
  canSee(expected: Expected): boolean;
  /** A person sits here and can say that a page came. */
  person: boolean;
  /** Makes it fail; the words of what was done. @throws when nothing was done */
  cut(): Promise<string>;
  /** Puts it back. Called once whatever happens after `cut`. */
  mend(): Promise<string>;
  /** Is it over by itself: did somebody else mend it? */
  isOver(): boolean;
}

export interface OuterOptions {
  drill: OuterDrill;
  drillId: string;
  service: string;
  mode: OuterReport['mode'];
  expected: Expected[];
  /** How long to wait for what is due; null: as foretold, and some slack. */
  limitMs: number | null;
}

const LOOK_EVERY_MS = 500;
/** From the leaving of a page to its sight: a poll of a topic, a person's look at a phone. */
export const SLACK_MS = 60_000;
/** Somebody else's mending is seen after this. */
const SETTLE_MS = 5_000;

/** Cuts, waits for what is foretold, mends, and says who told whom, when. An abort ends it early, and in order. */
export async function performOuterDrill(
  options: OuterOptions,
  ports: OuterPorts,
  tell: (news: OuterNews) => void,
  signal: AbortSignal,
): Promise<OuterReport> {
  const { drill, service, mode, expected } = options;
  tell({ type: 'begun', drill: drill.name, service, mode, expected });
  const deed = await ports.cut();
  const cutWallMs = ports.clock.wallMs();
  tell({ type: 'cut', wallMs: cutWallMs, text: deed });
  let over = false;
  let arrivals: Arrival[] = [];
  try {
    ({ over, arrivals } = await watch(options, ports, cutWallMs, tell, signal));
  } finally {
    const text = await ports.mend();
    tell({ type: 'mended', wallMs: ports.clock.wallMs(), text });
  }
  const lastedMs = ports.clock.wallMs() - cutWallMs;
  const losses = arrivals.filter(({ end }) => !end);
  const met = match(expected, arrivals, { cutWallMs, lastedMs, over, ports });
  const surprises = losses
    .filter((arrival) => !expected.some((each) => isOf(each, arrival)))
    .map(({ layer, title, wallMs }) => ({ layer, title, afterMs: wallMs - cutWallMs }));
  const why = whyNot(met, surprises, signal.aborted);
  return {
    drillId: options.drillId,
    drill: drill.name,
    service,
    at: new Date(cutWallMs).toISOString(),
    mode,
    deed,
    lastedMs,
    expected: met,
    surprises,
    passed: why.length === 0,
    why,
    interrupted: signal.aborted,
  };
}

/** Until all that can be seen and is due has come, somebody else has mended it, the time is up, or we are stopped. */
async function watch(
  { expected, limitMs }: OuterOptions,
  ports: OuterPorts,
  cutWallMs: number,
  tell: (news: OuterNews) => void,
  signal: AbortSignal,
): Promise<{ over: boolean; arrivals: Arrival[] }> {
  const { clock } = ports;
  const worst = Math.max(0, ...expected.map(({ worstMs }) => worstMs ?? 0));
  const untilWallMs = cutWallMs + (limitMs ?? worst + SLACK_MS);
  const due = expected.filter((each) => isDue(each) && canBeSeen(each, ports));
  let arrivals: Arrival[] = [];
  for (;;) {
    const now = await ports.arrivals(cutWallMs);
    for (const arrival of now.slice(arrivals.length)) {
      tell({ type: 'arrived', afterMs: arrival.wallMs - cutWallMs, arrival });
    }
    arrivals = now;
    const missing = assigned(due, arrivals).size < due.length;
    if (ports.isOver()) {
      tell({ type: 'over', text: 'it was mended meanwhile, by whoever looks after it' });
      await clock.sleep(SETTLE_MS, signal);
      return { over: true, arrivals: await ports.arrivals(cutWallMs) };
    }
    if (!missing || clock.wallMs() >= untilWallMs || signal.aborted) return { over: false, arrivals };
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
}

function isDue({ worstMs, maybe }: Expected): boolean {
  return worstMs !== null && maybe === undefined;
}

/** What goes through a notifier that can't be read here is seen by a person only. */
function canBeSeen(expected: Expected, { canSee, person }: OuterPorts): boolean {
  return person || canSee(expected);
}

/** Somebody's word that a page came counts for whatever is expected: a phone does not say from which layer. */
function isOf({ layer, about, of }: Expected, arrival: Arrival): boolean {
  if (arrival.layer === null) return true;
  return arrival.layer === layer && arrival.about === about && (of === null || arrival.of === of);
}

/** Which page is which: its own words first, a person's only for what nobody was seen to tell. */
function assigned(expected: Expected[], arrivals: Arrival[]): Map<Expected, Arrival> {
  const found = new Map<Expected, Arrival>();
  const left = new Set(arrivals.filter(({ end }) => !end));
  for (const own of [true, false]) {
    for (const each of expected) {
      const arrival = [...left].find((one) => (one.layer !== null) === own && isOf(each, one));
      if (found.has(each) || !arrival) continue;
      found.set(each, arrival);
      left.delete(arrival);
    }
  }
  return found;
}

interface Course {
  cutWallMs: number;
  lastedMs: number;
  over: boolean;
  ports: OuterPorts;
}

function match(
  expected: Expected[],
  arrivals: Arrival[],
  { cutWallMs, lastedMs, over, ports }: Course,
): Met[] {
  const found = assigned(expected, arrivals);
  return expected.map((each) => {
    const { worstMs } = each;
    const arrival = found.get(each);
    if (arrival) {
      const arrivedMs = arrival.wallMs - cutWallMs;
      const late = worstMs !== null && arrivedMs > worstMs + SLACK_MS;
      return { ...each, arrivedMs, verdict: late ? 'late' : 'in time' };
    }
    // What was mended sooner than this layer tells of anything need not be told.
    const excused = !isDue(each) || (over && lastedMs < (worstMs ?? 0));
    if (excused) return { ...each, arrivedMs: null, verdict: 'not due' };
    const verdict = canBeSeen(each, ports) ? 'missing' : 'not to be seen from here';
    return { ...each, arrivedMs: null, verdict };
  });
}

function whyNot(met: Met[], surprises: OuterReport['surprises'], interrupted: boolean): string[] {
  const why = met.flatMap(({ layer, about, of, verdict }) => {
    const what = `${layer} of ${about === 'loss' ? 'the loss' : `the silence of ${of}`}`;
    return verdict === 'missing' || verdict === 'late' ? [`${what}: ${verdict}`] : [];
  });
  if (interrupted && why.length > 0) why.unshift('interrupted before its end');
  if (!met.some(({ verdict }) => verdict === 'in time') && why.length === 0) {
    why.push('nobody was seen to tell of it');
  }
  return [...why, ...surprises.map(({ title }) => `nobody foretold: ${title}`)];
}
