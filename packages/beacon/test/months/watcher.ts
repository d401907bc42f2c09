import type { Page } from 'ninelives/dist/src/core/decision.js';
import type { createLane } from 'ninelives/dist/src/notify/lane.js';
import type { Look } from 'ninelives/dist/src/watch/look.js';
import type { WatchPolicy } from 'ninelives/dist/src/watch/policy.js';
import { initialWatchState } from 'ninelives/dist/src/watch/state.js';
import { watchStep } from 'ninelives/dist/src/watch/step.js';
import type { Chance } from 'ninelives/dist/test/sim/seed/prng.js';
import { forgetOld, keepDecision, type outboxRows, pendingRows } from '../../src/outbox-rows.js';
import { type BeaconState, initialBeaconState } from '../../src/state.js';
import { type Month, within } from './world.js';

/** How the world is at the moment of one look, from where this layer stands. */
export interface Truth {
  down: boolean;
  blind: boolean;
}

/** One page as it was decided, with the truth at the looks that it rests on. */
export interface Decided {
  page: Page;
  atMs: number;
  truths: Truth[];
}

/** Everything that the checks need of one layer's month. */
export interface Story {
  looks: number;
  decided: Decided[];
  /** Ids that reached the phone, in order, repeats included. */
  arrived: string[];
  /** Pages given up, and how long they had waited by then. */
  gaveUp: { id: string; waitedMs: number }[];
  /** Deaths between acceptance and commit. */
  deaths: number;
  /** Acceptances that were lost with them: so many repeats are allowed, and no more. */
  forgotten: number;
}

/** What carries pages: of production, or a mutant of it. */
export interface Carriers {
  createLane: typeof createLane;
  outboxRows: typeof outboxRows;
}

export interface Standing {
  layer: string;
  policy: WatchPolicy;
  /** Is it blind at this moment? */
  blind(atMs: number): boolean;
  /** Is the service down, as seen from here? */
  down(atMs: number): boolean;
}

/** As in the pass itself. */
export const GIVE_UP_MS = 24 * 3_600_000;
const EPOCH = Date.parse('2026-11-01T00:00:00Z');

/** One layer through its month: the production step, lane and rows; only time, network and phone are not real. */
export function createLayer(standing: Standing, month: Month, chance: Chance, carriers: Carriers) {
  const { layer, policy } = standing;
  let state: BeaconState = initialBeaconState();
  const story: Story = { looks: 0, decided: [], arrived: [], gaveUp: [], deaths: 0, forgotten: 0 };
  const blips = chance.fork('blips');
  const deaths = chance.fork('deaths');
  const attempts = chance.fork('attempts');
  let truths: Truth[] = [];

  /** Looks once, and tells; the wait that the step asks for. */
  async function look(atMs: number): Promise<number> {
    story.looks += 1;
    const truth = { down: standing.down(atMs), blind: standing.blind(atMs) };
    truths = [...truths, truth].slice(-policy.failureThreshold);
    const failed = truth.down || truth.blind || blips.yes(month.blip);
    const known = state.services.svc ?? initialWatchState('svc', layer);
    const at = { atMs, wallMs: EPOCH + atMs };
    const decision = watchStep(known, seen(failed, truth, within(month.controlDown, atMs)), at, policy);
    state.services.svc = decision.state;
    keepDecision(state, decision, ['phone']);
    forgetOld(state, at.wallMs);
    for (const page of decision.pages) story.decided.push({ page, atMs, truths });
    if (pendingRows(state).length > 0) await tell(atMs, truth.blind);
    return decision.nextMs;
  }

  async function tell(atMs: number, cutOff: boolean): Promise<void> {
    const committed = structuredClone(state);
    const record = carriers.outboxRows(state, () => {}, ['phone']);
    const wallMs = () => EPOCH + atMs;
    const lane = carriers.createLane(
      {
        name: 'phone',
        async deliver(page) {
          const fails = cutOff || within(month.notifierDown, atMs) || attempts.yes(month.attemptFails);
          if (fails) return { outcome: 'retry', error: 'no connection' };
          story.arrived.push(page.id);
          return { outcome: 'accepted' };
        },
      },
      () => record.outboxDue(wallMs(), 100).find(() => true) ?? null,
      {
        record,
        clock: { wallMs, after: () => () => {} },
        random: () => 0.5,
        attemptTimeoutMs: 1_000,
        giveUpAfterMs: GIVE_UP_MS,
        onGaveUp: ({ page, queuedWallMs }) => {
          story.gaveUp.push({ id: page.id, waitedMs: wallMs() - queuedWallMs });
        },
      },
    );
    const before = story.arrived.length;
    await lane.run();
    await lane.stop();
    if (story.arrived.length > before && deaths.yes(month.diesInWindow)) {
      state = committed;
      story.deaths += 1;
      story.forgotten += story.arrived.length - before;
    }
  }

  return { look, story, pending: () => pendingRows(state).length };
}

function seen(failed: boolean, { blind }: Truth, oneControlDown: boolean): Look {
  const reason = failed ? 'timeout' : 'ok';
  const controls = [
    { name: 'a', owner: 'a', ok: !blind && !oneControlDown, detail: '' },
    { name: 'b', owner: 'b', ok: !blind, detail: '' },
  ];
  return {
    public: { reason, detail: 'no answer within 30.0 s', tookMs: 50, status: null, cheap: [] },
    controls: failed ? controls : [],
    lan: null,
    name: null,
    certificate: null,
  };
}
