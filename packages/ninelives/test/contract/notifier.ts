import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Page } from '../../src/core/decision.js';
import type { Notifier } from '../../src/notify/notifier.js';

/** How the far end behaves for the next deliveries. */
export type FarEnd = 'accepts' | 'fails' | 'is busy' | 'refuses' | 'is silent' | 'is not there';

/** A notifier and a real far end. */
export interface Reached {
  notifier: Notifier;
  far(end: FarEnd): void;
  /** Can it say that a page will never be taken? A program's exit status can't. */
  refuses: boolean;
  /** Exactly what PAGE looks like at the far end. */
  shape: unknown;
  /** What the far end took, in order. */
  taken(): unknown[];
  close(): Promise<void>;
}

/** Stands in URL, header, argument or environment of the notifier under test, and must never come out. */
export const SECRET = 's3cret-token-of-the-test';

export const PAGE: Page = {
  id: 'a/incident-1/opened',
  service: 'a',
  incidentId: 'incident-1',
  kind: 'opened',
  drill: false,
  title: 'a does not answer',
  body: 'What:  hung: "no answer" \\ within 2.0 s\nNow:   nothing – 🐈 $(reboot) `reboot`',
  wallMs: 1_764_000_000_000,
  section: 'hung',
};

/** What every notifier does, at real far ends. */
export function notifierContract(name: string, reach: () => Promise<Reached>): void {
  const on = (title: string, body: (reached: Reached) => Promise<void>) =>
    it(title, async () => {
      const reached = await reach();
      try {
        await body(reached);
      } finally {
        await reached.close();
      }
    });
  const never = new AbortController().signal;

  describe(name, () => {
    on('delivers a page in exactly its shape, and says that it was accepted', async (reached) => {
      assert.equal((await reached.notifier.deliver(PAGE, never)).outcome, 'accepted');
      assert.deepEqual(reached.taken(), [reached.shape]);
    });

    on('obeys a far end that is busy, and believes one that refuses', async ({ notifier, far, refuses }) => {
      if (!refuses) return;
      far('is busy');
      const busy = await notifier.deliver(PAGE, never);
      assert.equal(busy.outcome, 'retry');
      if ('afterMs' in busy) assert.ok((busy.afterMs ?? 0) >= 90_000);
      far('refuses');
      const refused = await notifier.deliver(PAGE, never);
      assert.equal(refused.outcome, 'refused');
      assert.ok('error' in refused && !refused.error.includes(SECRET), JSON.stringify(refused));
    });

    on('says that a failure is worth another try, and delivers with the next', async (reached) => {
      for (const end of ['fails', 'is not there'] as const) {
        reached.far(end);
        const delivery = await reached.notifier.deliver(PAGE, never);
        assert.equal(delivery.outcome, 'retry', end);
        assert.ok('error' in delivery && delivery.error.startsWith(`${reached.notifier.name}: `), end);
      }
      reached.far('accepts');
      assert.equal((await reached.notifier.deliver(PAGE, never)).outcome, 'accepted');
      assert.equal(reached.taken().length, 1);
    });

    on('ends when it is called off, and says so', async ({ notifier, far }) => {
      far('is silent');
      const limit = new AbortController();
      const delivery = notifier.deliver(PAGE, limit.signal);
      setTimeout(() => limit.abort(), 50);
      assert.equal((await delivery).outcome, 'retry');
      assert.equal((await notifier.deliver(PAGE, limit.signal)).outcome, 'retry', 'called off before');
    });

    on('never repeats a secret', async ({ notifier, far }) => {
      for (const end of ['fails', 'is not there'] as const) {
        far(end);
        assert.ok(!JSON.stringify(await notifier.deliver(PAGE, never)).includes(SECRET), end);
      }
    });
  });
}
