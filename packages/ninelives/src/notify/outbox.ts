import { type OutboxRow, RecordUnavailableError } from '../record/record.js';
import { createLane, type LaneOptions } from './lane.js';
import type { Notifier } from './notifier.js';

export interface OutboxOptions extends Omit<LaneOptions, keyof typeof DEFAULTS> {
  notifiers: Notifier[];
  /** One attempt may take this long; default 30 s. */
  attemptTimeoutMs?: number;
  /** A page this old is given up with its next failure; default 24 h. */
  giveUpAfterMs?: number;
}

export interface Outbox {
  /** Delivers what is due; resolves when nothing is being delivered. What failed is tried again by itself. */
  drain(): Promise<void>;
  /** Ends attempts in flight and starts no more; the record has all that is left. */
  stop(): Promise<void>;
}

const DEFAULTS = { attemptTimeoutMs: 30_000, giveUpAfterMs: 24 * 60 * 60_000 };
/** More heads than there can be notifiers. */
const HEADS = 1_000;

/**
 * Takes pages from the record to people. One lane a notifier, so that a slow one holds up no other. All that matters
 * is in the record, so it goes on after a kill; a page is delivered twice only if we died between its acceptance and
 * our commit, and then under the same id (I10).
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const settings = { ...DEFAULTS, ...options };
  const { record, clock } = options;
  const lanes = new Map(
    options.notifiers.map((notifier) => {
      const next = () => heads(settings).find((row) => row.notifier === notifier.name) ?? null;
      return [notifier.name, createLane(notifier, next, settings)];
    }),
  );

  /** Pages for a notifier that was taken out of the configuration wait for its return, but not for ever. */
  function forsake(row: OutboxRow): void {
    const now = clock.wallMs();
    if (now - row.page.wallMs < settings.giveUpAfterMs) return;
    const error = `${row.notifier}: no notifier of this name is configured`;
    record.outboxFailed(row.id, error, { gaveUpWallMs: now });
    options.onGaveUp?.(row, error);
  }

  return {
    async drain() {
      const running = [...lanes.values()].map((lane) => lane.run());
      unlessUnavailable(() => {
        for (const row of heads(settings)) if (!lanes.has(row.notifier)) forsake(row);
      });
      await Promise.all(running);
    },
    async stop() {
      await Promise.all([...lanes.values()].map((lane) => lane.stop()));
    },
  };
}

function heads({ record, clock }: Pick<OutboxOptions, 'record' | 'clock'>): OutboxRow[] {
  return unlessUnavailable(() => record.outboxDue(clock.wallMs(), HEADS)) ?? [];
}

/** What the record can't do now is done by a later drain. */
function unlessUnavailable<T>(body: () => T): T | null {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof RecordUnavailableError)) throw error;
    return null;
  }
}
