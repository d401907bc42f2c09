import { type Call, type ClientSettings, type ClientWorld, runPass } from './client.js';
import type { GradedPair } from './pairs.js';
import type { Course, Strike } from './report.js';

/** The model's own repeatability is learnt from so many quiet passes. */
export const QUIET_PASSES = 3;
/** The longest pause between two faults; clients must not be able to tell when the next comes. */
const PAUSE_MAX_MS = 3_000;
/** A service that was just revived is not steady yet: the next fault is tried again. */
const TRIES = 10;
const AGAIN_MS = 2_000;

/** One try of a fault: it was done, or could not be done now and why. */
export type Struck = { strike: Strike } | { notNow: string };

export interface RehearsalPorts extends ClientWorld {
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** At least 0 and less than 1. */
  random(): number;
  /** Does one fault to the service, waits until it is healed. @throws when it can't be done at all */
  strike(fault: string, signal: AbortSignal): Promise<Struck>;
}

/** What happens, as it happens. */
export type RehearsalNews =
  | { type: 'call'; course: 'quiet' | 'faulted'; call: Call }
  | { type: 'pass'; course: 'quiet' | 'faulted'; score: number | null }
  | { type: 'strike'; done: number; strike: Strike };

export interface RehearsalPlan {
  pairs: readonly GradedPair[];
  client: ClientSettings;
  /** Names of faults; empty: the quiet course only. */
  faults: readonly string[];
  count: number;
}

/**
 * The data once quiet, then over and over while faults are done at random moments. What an abort leaves is told all the
 * same. @throws what `strike` throws
 */
export async function rehearse(
  plan: RehearsalPlan,
  ports: RehearsalPorts,
  tell: (news: RehearsalNews) => void,
  signal: AbortSignal,
): Promise<{ quiet: Course; faulted: Course | null; strikes: Strike[] }> {
  const quiet: Course = { passes: [], calls: [] };
  for (let pass = 0; pass < QUIET_PASSES && !signal.aborted; pass += 1) {
    await onePass('quiet', quiet, { plan, ports, tell, signal });
  }
  if (plan.faults.length === 0 || signal.aborted) return { quiet, faulted: null, strikes: [] };
  const faulted: Course = { passes: [], calls: [] };
  const strikes: Strike[] = [];
  let striking = true;
  const struck = strikeAll(plan, ports, signal, (strike) => {
    strikes.push(strike);
    tell({ type: 'strike', done: strikes.length, strike });
  }).finally(() => {
    striking = false;
  });
  // Told at the end: until then the client goes on, so that nothing is left half done.
  const failure = struck.then(
    () => null,
    (error: unknown) => ({ error }),
  );
  while (striking && !signal.aborted) await onePass('faulted', faulted, { plan, ports, tell, signal });
  const failed = await failure;
  if (failed) throw failed.error;
  return { quiet, faulted, strikes };
}

async function onePass(
  name: 'quiet' | 'faulted',
  course: Course,
  run: {
    plan: RehearsalPlan;
    ports: RehearsalPorts;
    tell: (news: RehearsalNews) => void;
    signal: AbortSignal;
  },
): Promise<void> {
  const { plan, ports, tell, signal } = run;
  const onCall = (call: Call) => {
    course.calls.push(call);
    tell({ type: 'call', course: name, call });
  };
  const pass = await runPass(plan.pairs, plan.client, ports, onCall, signal);
  if (signal.aborted) return;
  course.passes.push(pass);
  tell({ type: 'pass', course: name, score: pass.score });
}

async function strikeAll(
  { faults, count }: RehearsalPlan,
  ports: RehearsalPorts,
  signal: AbortSignal,
  done: (strike: Strike) => void,
): Promise<void> {
  const order = ordered(faults, count, ports.random);
  for (const fault of order) {
    await ports.sleep(ports.random() * PAUSE_MAX_MS, signal);
    let notNow = '';
    for (let tries = 0; tries < TRIES && !signal.aborted; tries += 1) {
      const struck = await ports.strike(fault, signal);
      notNow = 'notNow' in struck ? struck.notNow : '';
      if ('strike' in struck) {
        done(struck.strike);
        break;
      }
      await ports.sleep(AGAIN_MS, signal);
    }
    if (signal.aborted) return;
    if (notNow !== '') throw new Error(`no ${fault} could be done: ${notNow}`);
  }
}

/** Each fault as often as the others, in an order that nobody can foresee. */
export function ordered(faults: readonly string[], count: number, random: () => number): string[] {
  const order = Array.from({ length: count }, (_, at) => faults[at % faults.length] as string);
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [order[at], order[other]] = [order[other] as string, order[at] as string];
  }
  return order;
}
