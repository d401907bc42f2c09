import type { Incident } from '../core/decision.js';
import { type GuardRecord, RecordUnavailableError } from '../record/record.js';
import type { Acknowledgement, Notifier, Receipt } from './notifier.js';

export interface AnsweringOptions {
  record: Pick<GuardRecord, 'incidents' | 'note' | 'setNote' | 'post'>;
  notifiers: Notifier[];
  clock: { wallMs(): number };
  attemptTimeoutMs?: number;
}

/** While something is open: far within what ntfy.sh and Pushover allow. */
const EVERY_MS = 15_000;
const LIMIT_MS = 10_000;
/** A phone's clock, and the way of the page to it. */
const SLACK_MS = 60_000;
const RECEIPTS_KEPT = 20;
/** Notes of the outbox belong to no service. */
const NOBODY = '';

/**
 * Asks the phone's side who is on it, for as long as something is open that nobody has acknowledged; what it says goes the
 * way of every command, through the inbox. No port is open here: we ask.
 */
export function createAnswering(options: AnsweringOptions) {
  const { record, notifiers, clock } = options;
  const stopping = new AbortController();
  const running = new Set<Promise<boolean>>();
  let lastWallMs = Number.NEGATIVE_INFINITY;

  /** Has somebody answered? */
  async function askOne(notifier: Notifier, open: Incident[]): Promise<boolean> {
    const key = `cursor/${notifier.name}`;
    const cursor = record.note(NOBODY, key);
    const receipts = receiptsOf(record, notifier.name).filter(({ service, incidentId }) =>
      open.some((incident) => incident.service === service && incident.id === incidentId),
    );
    const asked = {
      cursor: typeof cursor === 'string' ? cursor : null,
      sinceWallMs: Math.min(...open.map(({ openedWallMs }) => openedWallMs)),
      receipts,
    };
    const limit = AbortSignal.any([stopping.signal, AbortSignal.timeout(LIMIT_MS)]);
    const answers = await notifier.answers?.(asked, limit);
    if (!answers || stopping.signal.aborted) return false;
    for (const acknowledgement of answers.acknowledgements) {
      for (const { service } of open.filter((incident) => isMeant(acknowledgement, incident))) {
        const by = `${acknowledgement.by} (${notifier.name})`;
        record.post({ service, wallMs: clock.wallMs(), by, command: { type: 'acknowledge' } });
      }
    }
    // After the rows: a crash in between asks again, and to acknowledge twice is once.
    if (answers.cursor !== null && answers.cursor !== cursor) record.setNote(NOBODY, key, answers.cursor);
    return answers.acknowledgements.length > 0;
  }

  return {
    /** Asks, unless it did a moment ago; whether somebody has answered. */
    async ask(): Promise<boolean> {
      const able = notifiers.filter((notifier) => notifier.answers !== undefined);
      const now = clock.wallMs();
      if (able.length === 0 || stopping.signal.aborted || (now - lastWallMs < EVERY_MS && now >= lastWallMs))
        return false;
      const open = unanswered(record);
      if (open.length === 0) return false;
      lastWallMs = now;
      const asked = able.map((notifier) => {
        const one = askOne(notifier, open)
          .catch(unlessUnavailable)
          .finally(() => running.delete(one));
        running.add(one);
        return one;
      });
      return (await Promise.all(asked)).includes(true);
    },
    async stop(): Promise<void> {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

/** An answer to an earlier loss says nothing of this one. */
function isMeant({ service, incidentId, wallMs }: Acknowledgement, incident: Incident): boolean {
  if (service !== null && service !== incident.service) return false;
  if (incidentId !== null) return incidentId === incident.id;
  return wallMs + SLACK_MS >= incident.openedWallMs;
}

export function keepReceipt(
  record: Pick<GuardRecord, 'note' | 'setNote'>,
  notifier: string,
  receipt: Receipt,
): void {
  const kept = [...receiptsOf(record, notifier), receipt].slice(-RECEIPTS_KEPT);
  record.setNote(NOBODY, `receipts/${notifier}`, kept);
}

function receiptsOf(record: Pick<GuardRecord, 'note'>, notifier: string): Receipt[] {
  const kept = record.note(NOBODY, `receipts/${notifier}`);
  return Array.isArray(kept) ? (kept as Receipt[]) : [];
}

/** What is open and nobody has acknowledged yet. */
function unanswered(record: AnsweringOptions['record']): Incident[] {
  try {
    return record
      .incidents()
      .filter(({ status, acknowledgedBy }) => status !== 'resolved' && acknowledgedBy === null);
  } catch (error) {
    unlessUnavailable(error);
    return [];
  }
}

/** What the record can't do now is asked again later. */
function unlessUnavailable(error: unknown): false {
  if (!(error instanceof RecordUnavailableError)) throw error;
  return false;
}
