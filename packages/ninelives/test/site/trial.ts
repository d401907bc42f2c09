import { sleep } from '../../src/host/clock.js';
import type { Foretold } from '../../src/layers/foretell.js';
import type { Matrix } from '../../src/layers/matrix.js';
import type { Cut } from './cuts.js';
import type { Arrived } from './pages.js';
import { isForetold, predict } from './predict.js';
import type { Site } from './site.js';

/** What one cut came to. */
export interface Outcome {
  cut: string;
  lastedMs: number;
  /** From the mending until clients were served again: a tunnel and a boot take their time. */
  aftermathMs: number;
  rows: { foretold: Foretold; toldAfterMs: number | null; resolvedAfterMs: number | null }[];
  /** Each a clause; empty when exactly what was foretold has come. */
  faults: string[];
}

/** A machine under load delivers this much later than the arithmetic of intervals says. Nobody waits for it in vain. */
export const SLACK_MS = 45_000;
const LOOK_MS = 100;
const BACKOFF_MAX_MS = 5 * 60_000;
const UNTOLD_MS = 60_000;

/**
 * Cuts, waits until everything that is due was told (and `holdMs` are over), mends, waits until all is calm, and judges
 * every page.
 */
export async function tryCut(site: Site, matrix: Matrix, cut: Cut, holdMs = 0): Promise<Outcome> {
  const known = site.arrived().length;
  const since = () => site.arrived().slice(known);
  const foretold = predict(matrix, cut.failure, cut.beside);
  const startedWallMs = Date.now();
  await cut.cut(site);
  const due = foretold.filter(({ worstMs, maybe }) => worstMs !== null && maybe === undefined);
  const own = cut.mend === null;
  await waitFor(
    () => {
      const pages = since();
      // What the guard mends is over when it says so.
      if (own) return pages.some(({ layer, kind }) => layer === 'guard' && kind === 'resolved');
      return due.every((each) => pages.some((page) => page.kind === 'told' && isForetold(each, page)));
    },
    latest(foretold, startedWallMs),
  );
  // What can't be told now must at least have been seen, or there would be nothing to tell afterwards.
  const untold = foretold.filter(({ worstMs, maybe }) => worstMs === null && maybe === undefined);
  await waitFor(() => untold.every((each) => site.hasSeen(each.layer, each.about)), Date.now() + UNTOLD_MS);
  if (!own) await waitFor(() => false, startedWallMs + holdMs);
  const mendedWallMs = Date.now();
  await cut.mend?.(site);
  await site.untilServed();
  const aftermathMs = Date.now() - mendedWallMs;
  // What could not leave for long is tried again after as long a wait.
  await site.untilCalm(holdMs === 0 ? 0 : BACKOFF_MAX_MS);
  // What comes back slowly is a failure of its own: the public way, as long as it lasts.
  const broken = predict(matrix, 'tunnel tunnel', undefined);
  const aftermath = broken.filter(({ soonestMs }) => !own && soonestMs <= aftermathMs);
  const course = { startedWallMs, mendedWallMs, aftermathMs, own };
  return judge(cut, foretold, aftermath, since(), course);
}

function latest(foretold: Foretold[], startedWallMs: number): number {
  return startedWallMs + Math.max(0, ...foretold.map(({ worstMs }) => worstMs ?? 0)) + SLACK_MS;
}

async function waitFor(done: () => boolean, untilWallMs: number): Promise<void> {
  while (!done() && Date.now() < untilWallMs) await sleep(LOOK_MS);
}

interface Course {
  startedWallMs: number;
  mendedWallMs: number;
  aftermathMs: number;
  own: boolean;
}

function judge(
  cut: Cut,
  foretold: Foretold[],
  aftermath: Foretold[],
  pages: Arrived[],
  course: Course,
): Outcome {
  const { startedWallMs, mendedWallMs, aftermathMs } = course;
  const faults: string[] = [];
  const lastedMs = mendedWallMs - startedWallMs;
  const first = (each: Foretold, kinds: Arrived['kind'][]) =>
    pages.find((page) => kinds.includes(page.kind) && isForetold(each, page));
  const rows = foretold.map((each) => {
    const told = first(each, each.about === 'blind' ? ['notice'] : ['told']);
    const resolved = first(each, ['resolved']);
    faults.push(...faultsOf(each, told, resolved, course));
    return {
      foretold: each,
      toldAfterMs: told ? told.wallMs - startedWallMs : null,
      resolvedAfterMs: resolved ? resolved.wallMs - mendedWallMs : null,
    };
  });
  for (const page of pages) {
    const late = page.wallMs >= mendedWallMs && aftermath.some((each) => isForetold(each, page));
    if (!late && !foretold.some((each) => isForetold(each, page))) {
      faults.push(`not foretold: ${page.layer} through ${page.by}: ${page.title}`);
    }
  }
  faults.push(...repeated(pages));
  return { cut: cut.name, lastedMs, aftermathMs, rows, faults };
}

function faultsOf(
  each: Foretold,
  told: Arrived | undefined,
  resolved: Arrived | undefined,
  { startedWallMs, mendedWallMs, own }: Course,
): string[] {
  const { layer, about, of, worstMs, soonestMs, maybe } = each;
  const words = `${layer} of ${about === 'loss' ? 'the loss' : `${about} (${of})`}`;
  const lastedMs = mendedWallMs - startedWallMs;
  if (!told) {
    // What the guard mends is told by others only where it took it long; what was over in time need not be told.
    const excused = maybe === true || (own && layer !== 'guard');
    return excused ? [] : [`nothing from ${words}`];
  }
  const afterMs = told.wallMs - startedWallMs;
  const faults: string[] = [];
  if (worstMs !== null && afterMs > worstMs + SLACK_MS) {
    faults.push(`${words} after ${afterMs} ms; foretold ${worstMs} at the worst`);
  }
  if (worstMs === null && told.wallMs < mendedWallMs) faults.push(`${words} came while it lasted`);
  if (own && lastedMs < soonestMs) faults.push(`${words}, although it lasted ${lastedMs} ms only`);
  if (about !== 'blind' && !resolved) faults.push(`no end of ${words}`);
  return faults;
}

/** The same page twice, or a second page or end of one loss; that it needs a person is told once a reason, each with its id. */
function repeated(pages: Arrived[]): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  const count = new Map<string, number>();
  for (const { id, layer, about, of, kind, title } of pages) {
    if (seen.has(id)) faults.push(`twice: ${layer}: ${title}`);
    seen.add(id);
    if (/needs you/.test(title)) continue;
    const key = `${layer}, ${about} of ${of}, ${kind}`;
    count.set(key, (count.get(key) ?? 0) + 1);
  }
  for (const [key, times] of count) if (times > 1) faults.push(`${times} times: ${key}`);
  return faults;
}
