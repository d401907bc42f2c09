import { createLane } from 'ninelives/dist/src/notify/lane.js';
import { DEFAULT_WATCH_POLICY, type WatchPolicy, worstNoticeMs } from 'ninelives/dist/src/watch/policy.js';
import { Chance } from 'ninelives/dist/test/sim/seed/prng.js';
import { outboxRows } from '../../src/outbox-rows.js';
import { type Carriers, createLayer, GIVE_UP_MS, type Standing, type Story } from './watcher.js';
import { drawMonth, HEALING_MS, type Interval, MONTH_MS, type Month, within } from './world.js';

export interface MonthResult {
  seed: number;
  /** What broke, in words; empty: nothing. */
  violations: string[];
  layers: {
    layer: string;
    looks: number;
    falsePages: number;
    pages: number;
    repeats: number;
    deaths: number;
    gaveUp: number;
  }[];
}

export interface MonthOptions {
  blip: number;
  threshold: number;
  /** Only blips: to measure false pages against their arithmetic. */
  calm: boolean;
  /** What carries pages; default: production's. */
  carriers?: Carriers;
}

const EVERY_FAR_MS = 5 * 60_000;

/** One month of two layers: one on the LAN, resident; one off-site, woken by a scheduler that is late. */
export async function runMonth(seed: number, options: MonthOptions): Promise<MonthResult> {
  const chance = new Chance(seed);
  const drawn = drawMonth(chance, options.blip);
  const month: Month = options.calm ? calmed(drawn) : drawn;
  const policy: WatchPolicy = { ...DEFAULT_WATCH_POLICY, failureThreshold: options.threshold };
  const lan: Standing = {
    layer: 'lan',
    policy,
    blind: (atMs) => within(month.partitions, atMs),
    down: (atMs) => within(month.outages, atMs),
  };
  const off: Standing = {
    layer: 'off',
    policy: { ...policy, everyMs: EVERY_FAR_MS },
    blind: (atMs) => within(month.farBlind, atMs),
    down: (atMs) => within(month.outages, atMs) || within(month.partitions, atMs),
  };
  const carriers = options.carriers ?? { createLane, outboxRows };
  const resident = await runResident(lan, month, chance.fork('lan'), carriers);
  const woken = await runWoken(off, month, chance.fork('off'), carriers);
  const violations = [
    ...judge(lan, resident, month.watcherDown, month.outages),
    ...judge(off, woken, [[0, MONTH_MS]], []),
  ];
  const layers = [resident, woken].map(({ story }, index) => ({
    layer: index === 0 ? 'lan' : 'off',
    looks: story.looks,
    falsePages: falsePages(story),
    pages: story.decided.length,
    repeats: story.arrived.length - new Set(story.arrived).size,
    deaths: story.deaths,
    gaveUp: story.gaveUp.length,
  }));
  return { seed, violations, layers };
}

interface Ran {
  story: Story;
  pending: () => number;
}

async function runResident(
  standing: Standing,
  month: Month,
  chance: Chance,
  carriers: Carriers,
): Promise<Ran> {
  const layer = createLayer(standing, month, chance, carriers);
  let at = 0;
  while (at < MONTH_MS + HEALING_MS) {
    const nextMs = await layer.look(at);
    at += nextMs + chance.between(0, 2_000);
    const away = month.watcherDown.find(([from, to]) => from <= at && at < to);
    if (away) at = away[1];
  }
  return layer;
}

/** A pass confirms within itself; the next one comes when the scheduler pleases: mostly late, at times by hours. */
async function runWoken(standing: Standing, month: Month, chance: Chance, carriers: Carriers): Promise<Ran> {
  const layer = createLayer(standing, month, chance, carriers);
  const scheduler = chance.fork('scheduler');
  let at = 0;
  while (at < MONTH_MS + HEALING_MS) {
    for (let looks = 0; looks < 8; looks += 1) {
      const nextMs = await layer.look(at);
      if (nextMs >= standing.policy.everyMs) break;
      at += nextMs;
    }
    const late = at < MONTH_MS && scheduler.yes(0.02);
    at +=
      standing.policy.everyMs +
      (late ? scheduler.scale(60_000, 13 * 3_600_000) : scheduler.between(0, 60_000));
  }
  return layer;
}

function falsePages({ decided }: Story): number {
  return decided.filter(({ page, truths }) => page.kind === 'opened' && !truths.every(({ down }) => down))
    .length;
}

/** The promises, on one layer's month. `mustSee`: outages that it has to tell of, unless it was away or blind. */
function judge(
  standing: Standing,
  { story, pending }: Ran,
  away: readonly Interval[],
  mustSee: Interval[],
): string[] {
  const wrong: string[] = [];
  const { layer, policy } = standing;
  wrong.push(...judgeDelivery(story, pending()).map((line) => `${layer}: ${line}`));
  for (const { page, atMs, truths } of story.decided) {
    if (page.kind === 'opened' && truths.some(({ blind }) => blind)) {
      wrong.push(`${layer}: said down at ${atMs} though it was blind`);
    }
  }
  const opened = story.decided.filter(({ page }) => page.kind === 'opened');
  const resolved = story.decided.filter(({ page }) => page.kind === 'resolved');
  if (opened.length !== resolved.length)
    wrong.push(`${layer}: ${opened.length} opened, ${resolved.length} resolved`);
  const worstMs = worstNoticeMs(policy);
  for (const [from, to] of mustSee) {
    const clear = [...away, ...blindTimes(standing, from, to)].every(
      ([a, b]) => b < from - worstMs || a > from + worstMs,
    );
    if (!clear || to - from < worstMs) continue;
    const told = opened.some(({ atMs }) => atMs >= from - worstMs && atMs <= from + worstMs);
    const was =
      opened.some(({ atMs }) => atMs < from) &&
      !resolved.some(({ atMs }) => atMs < from && atMs > (opened.findLast((o) => o.atMs < from)?.atMs ?? 0));
    if (!told && !was) wrong.push(`${layer}: the outage at ${from} was not told within ${worstMs} ms`);
  }
  return wrong;
}

/** I10: each page arrives, or is loudly given up when it is old; in order; again only where an acceptance was lost. */
function judgeDelivery({ decided, arrived, gaveUp, forgotten }: Story, pending: number): string[] {
  const wrong: string[] = [];
  const firsts = [...new Set(arrived)];
  const known = new Set([...firsts, ...gaveUp.map(({ id }) => id)]);
  for (const { page } of decided) {
    if (!known.has(page.id)) wrong.push(`page ${page.id} never arrived`);
  }
  for (const { id, waitedMs } of gaveUp) {
    if (waitedMs < GIVE_UP_MS) wrong.push(`page ${id} was given up after ${waitedMs} ms`);
  }
  if (pending > 0) wrong.push(`${pending} pending at the end`);
  const rank = new Map(decided.map(({ page }, index) => [page.id, index]));
  const early = firsts.findIndex((id, at) => (rank.get(id) ?? 0) < (rank.get(firsts[at - 1] ?? '') ?? 0));
  if (early >= 0) wrong.push(`page ${firsts[early]} came after one that was decided later`);
  const repeats = arrived.length - firsts.length;
  if (repeats > forgotten) wrong.push(`${repeats} repeats, ${forgotten} acceptances lost by a death`);
  return wrong;
}

function blindTimes({ blind }: Standing, from: number, to: number): Interval[] {
  const found: Interval[] = [];
  for (let at = from - 3_600_000; at < Math.min(to, from + 3_600_000); at += 10_000) {
    if (blind(at)) found.push([at, at + 10_000]);
  }
  return found;
}

function calmed(month: Month): Month {
  const none: Interval[] = [];
  return {
    ...month,
    outages: none,
    partitions: none,
    farBlind: none,
    controlDown: none,
    notifierDown: none,
    watcherDown: none,
  };
}
