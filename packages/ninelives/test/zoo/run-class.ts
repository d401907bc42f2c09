import type { GuardState } from '../../src/core/decision.js';
import { type PaceName, type Stage, setStage } from './stage.js';
import { beginWatch, type Seen, type Watch, watchUntil } from './watch.js';
import type { Action, ZooClass } from './zoo-class.js';

/** What came of one class, and what of that is not as its row in the table says. */
export interface Outcome {
  seen: Seen;
  /** Empty when everything is right; in words. */
  complaints: string[];
}

/** How long it is watched on after it is all over, for a kill that must not come. */
const AFTER_MS: Record<PaceName, number> = { usual: 15_000, quick: 2_000 };
/** After its restart it must serve, and the guard must say so. */
const HEALED_WITHIN_MS = 30_000;

/**
 * Guards one class, breaks it, and watches what comes of it, to its end or its limit.
 * @throws when it never came to serve in the first place
 */
export async function runClass(zoo: ZooClass, pace: PaceName): Promise<Outcome> {
  const stage = await setStage(zoo, pace);
  try {
    stage.box.start();
    await stage.box.until('six right answers', () => {
      const state = stage.box.status();
      return isWell(state) && (state?.latenciesMs.length ?? 0) >= 6;
    });
    await stage.warmUp();
    const watch = beginWatch(stage.box);
    try {
      await stage.breakIt();
      const complaints = await ACTS[zoo.action](zoo, pace, watch, stage);
      return {
        seen: watch.seen,
        complaints: [...complaints, ...wrongWords(zoo, watch.seen), ...needlessPages(zoo, watch.seen)],
      };
    } finally {
      watch.close();
    }
  } finally {
    await stage.close();
  }
}

type Act = (zoo: ZooClass, pace: PaceName, watch: Watch, stage: Stage) => Promise<string[]>;

const ACTS: Record<Action, Act> = {
  async killed(zoo, pace, watch, stage) {
    const { limitMs } = zoo[pace];
    // Beyond its limit it is wrong, and by how much is still worth knowing to the bench.
    const longerMs = pace === 'usual' ? 1.5 * limitMs + 5_000 : limitMs;
    await watchUntil(watch, longerMs, false, () => watch.seen.killedAtMs !== null);
    const { killedAtMs } = watch.seen;
    if (killedAtMs === null) return [`not killed within ${seconds(longerMs)}`];
    const late =
      killedAtMs > limitMs ? [`killed after ${seconds(killedAtMs)}, not within ${seconds(limitMs)}`] : [];
    await stage.endTrouble();
    return [...late, ...(await heals(watch)), ...(await staysAt(1, pace, watch))];
  },

  async spared(zoo, pace, watch, stage) {
    const { lastsMs = 0, limitMs } = zoo[pace];
    await watchUntil(watch, lastsMs, false, () => watch.seen.kills > 0);
    await stage.endTrouble();
    if (watch.seen.kills === 0) await watchUntil(watch, limitMs, true, (state) => isServed(state, watch));
    const complaints = await staysAt(0, pace, watch);
    if (!watch.seen.sameLife) complaints.push('its life did not go on');
    if (watch.seen.servingAtMs === null)
      complaints.push(`it did not serve within ${seconds(limitMs)} after it`);
    return complaints;
  },

  async warned(zoo, pace, watch) {
    const { limitMs } = zoo[pace];
    const told = await watchUntil(watch, limitMs, true, () => watch.seen.warnings.length > 0);
    const complaints = told ? [] : [`nobody was warned within ${seconds(limitMs)}`];
    if (!watch.seen.sameLife) complaints.push('its life did not go on');
    return [...complaints, ...(await staysAt(0, pace, watch))];
  },

  async paged(zoo, pace, watch) {
    const { limitMs } = zoo[pace];
    const told = await watchUntil(watch, limitMs, false, () => {
      return watch.seen.pagedAtMs !== null && zoo.verdict.some((kind) => watch.seen.verdicts.includes(kind));
    });
    return [...(told ? [] : ['nobody was told']), ...(await staysAt(0, pace, watch))];
  },

  async revived(zoo, pace, watch) {
    const { limitMs } = zoo[pace];
    // While its port is another's, an answer of that one would be taken for its own.
    await watchUntil(watch, limitMs, false, () => !watch.seen.sameLife);
    const served = await watchUntil(watch, limitMs, true, (state) => isServed(state, watch));
    return [...(served ? [] : [`not back within ${seconds(limitMs)}`]), ...(await staysAt(0, pace, watch))];
  },

  async 'given-up'(zoo, pace, watch, stage) {
    const { limitMs } = zoo[pace];
    const given = await watchUntil(watch, limitMs, false, () => watch.seen.pagedAtMs !== null);
    const { kills } = watch.seen;
    if (!given) return ['nobody was told'];
    const complaints = kills === 3 ? [] : [`${kills} kills, and the budget is 3`];
    complaints.push(...(await staysAt(3, pace, watch)));
    await stage.endTrouble();
    return complaints;
  },
};

/** After a kill: right answers, and an incident that is resolved. */
async function heals(watch: Watch): Promise<string[]> {
  const healed = await watchUntil(watch, HEALED_WITHIN_MS, true, (state) => isServed(state, watch));
  return healed ? [] : [`killed, but not serving ${seconds(HEALED_WITHIN_MS)} later`];
}

async function staysAt(kills: number, pace: PaceName, watch: Watch): Promise<string[]> {
  await watchUntil(watch, AFTER_MS[pace], false, () => watch.seen.kills > kills);
  return watch.seen.kills === kills ? [] : [`${watch.seen.kills} kills instead of ${kills}`];
}

function isServed(state: GuardState, watch: Watch): boolean {
  return watch.seen.servingAtMs !== null && isWell(state);
}

function isWell(state: GuardState | null): boolean {
  return state?.verdict.kind === 'serving' && state.incident === null;
}

/** What heals, or is well, is nobody's business at 3 a.m. */
function needlessPages(zoo: ZooClass, seen: Seen): string[] {
  if (zoo.action === 'paged' || zoo.action === 'given-up' || zoo.mayPage) return [];
  return seen.advice.map((text) => `a person was told: ${text}`);
}

/** The verdict must have been said; for a kill, in the reason of each. */
function wrongWords(zoo: ZooClass, seen: Seen): string[] {
  const expected = zoo.verdict.join(' or ');
  if (zoo.meanwhile !== undefined && !seen.verdicts.includes(zoo.meanwhile)) {
    return [`was never called ${zoo.meanwhile}, but ${seen.verdicts.join(', ')}`];
  }
  if (zoo.action === 'killed' || zoo.action === 'given-up') {
    const others = seen.reasons.filter(
      (reason) => !zoo.verdict.some((kind) => reason.startsWith(`${kind}:`)),
    );
    return others.map((reason) => `killed as "${reason}", not as ${expected}`);
  }
  const said = zoo.verdict.some((kind) => seen.verdicts.includes(kind));
  // A verdict that was right all along is not news.
  if (said || (zoo.verdict.includes('serving') && seen.verdicts.length === 0)) return [];
  return [`never said ${expected}, but ${seen.verdicts.join(', ') || 'nothing'}`];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
