import {
  type GuardRecord,
  OUTBOX_WAIT_MAX_MS,
  type OutboxRow,
  RecordUnavailableError,
} from '../record/record.js';
import { keepReceipt } from './answering.js';
import type { Delivery, Notifier } from './notifier.js';

export interface Lane {
  /** Delivers until nothing is due. Runs once at a time: a second call joins the first. */
  run(): Promise<void>;
  /** Ends the attempt in flight and starts no more. */
  stop(): Promise<void>;
}

export interface LaneOptions {
  record: Pick<
    GuardRecord,
    'outboxDue' | 'outboxTried' | 'outboxAccepted' | 'outboxFailed' | 'note' | 'setNote'
  >;
  clock: {
    wallMs(): number;
    /** Runs once after the delay; the returned function calls it off. */
    after(delayMs: number, run: () => void): () => void;
  };
  /** From 0 up to 1: spreads the retries. */
  random: () => number;
  attemptTimeoutMs: number;
  giveUpAfterMs: number;
  /** A page that will not be delivered: say so elsewhere. */
  onGaveUp?: (row: OutboxRow, error: string) => void;
  onAccepted?: (row: OutboxRow) => void;
}

/** How one attempt ended, on its way into the record. */
interface Outcome {
  write: () => void;
  tell: () => void;
}

const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MAX_MS = 5 * 60_000;
/** A clock that jumped a day ahead must not make us give up at the first failure. */
const ATTEMPTS_MIN = 5;
const RECORD_RETRY_MS = 5_000;

/** Exponential, half of it jittered; `attempts` counts those before. */
export function backoffMs(attempts: number, random: number): number {
  const full = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempts, 30));
  return Math.round(full / 2 + (full / 2) * random);
}

/** The way of pages to one notifier: in order, one at a time. `next`: the row to deliver, null when none is due. */
export function createLane(notifier: Notifier, next: () => OutboxRow | null, options: LaneOptions): Lane {
  const { clock } = options;
  const stopping = new AbortController();
  let running: Promise<void> | null = null;
  let callOff: () => void = () => {};
  /** An outcome that the record could not take yet: written before anything else, so that nothing is sent twice. */
  let unwritten: Outcome | null = null;

  async function go(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (!unwritten) {
        const row = next();
        if (!row) return;
        // Known before it is made: whoever dies between the far end's yes and our commit must not forget that somebody was
        // told. A record that can't take it (a full disk) is no reason to tell nobody.
        write(() => options.record.outboxTried(row.id));
        const delivery = await attempt(row);
        if (delivery.outcome !== 'accepted' && stopping.signal.aborted) return;
        unwritten = outcomeOf(row, delivery, options, again);
      }
      if (!write(unwritten.write)) return again(RECORD_RETRY_MS);
      const { tell } = unwritten;
      unwritten = null;
      tell();
    }
  }

  async function attempt(row: OutboxRow): Promise<Delivery> {
    const late = new AbortController();
    const inTime = clock.after(options.attemptTimeoutMs, () => late.abort());
    try {
      return await notifier.deliver(row.page, AbortSignal.any([late.signal, stopping.signal]));
    } catch (error) {
      // A bug in a notifier is no reason to stop guarding. Its message may hold a secret, its name does not.
      const name = error instanceof Error ? error.name : typeof error;
      return { outcome: 'retry', error: `${notifier.name}: threw ${name}` };
    } finally {
      inTime();
    }
  }

  function run(): Promise<void> {
    if (stopping.signal.aborted) return Promise.resolve();
    running ??= go().finally(() => {
      running = null;
    });
    return running;
  }

  function again(waitMs: number): void {
    callOff();
    callOff = clock.after(waitMs, () => void run());
  }

  return {
    run,
    async stop() {
      stopping.abort();
      callOff();
      await running;
    },
  };
}

/** False when the record can't take it now. */
function write(body: () => void): boolean {
  try {
    body();
    return true;
  } catch (error) {
    if (!(error instanceof RecordUnavailableError)) throw error;
    return false;
  }
}

function outcomeOf(
  row: OutboxRow,
  delivery: Delivery,
  options: LaneOptions,
  again: (waitMs: number) => void,
): Outcome {
  const { record, giveUpAfterMs } = options;
  const now = options.clock.wallMs();
  if (delivery.outcome === 'accepted') {
    const { receipt } = delivery;
    const { service, incidentId } = row.page;
    return {
      write: () => {
        record.outboxAccepted(row.id, now);
        if (receipt === undefined || incidentId === null) return;
        keepReceipt(record, row.notifier, { receipt, service, incidentId });
      },
      tell: () => options.onAccepted?.(row),
    };
  }
  const { error } = delivery;
  const old = now - row.queuedWallMs >= giveUpAfterMs && row.attempts + 1 >= ATTEMPTS_MIN;
  if (delivery.outcome === 'refused' || old) {
    return {
      write: () => record.outboxFailed(row.id, error, { gaveUpWallMs: now }),
      tell: () => options.onGaveUp?.(row, error),
    };
  }
  const wait = Math.max(backoffMs(row.attempts, options.random()), delivery.afterMs ?? 0);
  const waitMs = Math.min(wait, OUTBOX_WAIT_MAX_MS);
  return {
    write: () => record.outboxFailed(row.id, error, { wallMs: now + waitMs }),
    tell: () => again(waitMs),
  };
}
