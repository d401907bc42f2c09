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
export function createAnswering(options: AnsweringOptions, taken: () => void) {
  const { record, notifiers, clock } = options;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let lastWallMs = Number.NEGATIVE_INFINITY;

  async function askOne(notifier: Notifier, open: Incident[]): Promise<void> {
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
    if (!answers || stopping.signal.aborted) return;
    for (const acknowledgement of answers.acknowledgements) {
      for (const { service } of open.filter((incident) => isMeant(acknowledgement, incident))) {
        const by = `${acknowledgement.by} (${notifier.name})`;
        record.post({ service, wallMs: clock.wallMs(), by, command: { type: 'acknowledge' } });
      }
    }
    // After the rows: a crash in between asks again, and to acknowledge twice is once.
    if (answers.cursor !== null && answers.cursor !== cursor) record.setNote(NOBODY, key, answers.cursor);
    if (answers.acknowledgements.length > 0) taken();
  }

  return {
    /** Asks, unless it did a moment ago; what comes of it comes by itself. */
    ask(): void {
      const able = notifiers.filter((notifier) => notifier.answers !== undefined);
      const now = clock.wallMs();
      if (able.length === 0 || stopping.signal.aborted || (now - lastWallMs < EVERY_MS && now >= lastWallMs))
        return;
      quietly(() => {
        const open = record
          .incidents()
          .filter(({ status, acknowledgedBy }) => status !== 'resolved' && acknowledgedBy === null);
        if (open.length === 0) return;
        lastWallMs = now;
        for (const notifier of able) {
          const one = askOne(notifier, open)
            .catch(unlessUnavailable)
            .finally(() => running.delete(one));
          running.add(one);
        }
      });
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

function quietly(body: () => void): void {
  try {
    body();
  } catch (error) {
    unlessUnavailable(error);
  }
}

/** What the record can't do now is asked again later. */
function unlessUnavailable(error: unknown): void {
  if (!(error instanceof RecordUnavailableError)) throw error;
}
