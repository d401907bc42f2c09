import type { PagingPolicy } from '../config/service.js';
import { type GuardRecord, type OutboxRow, RecordUnavailableError } from '../record/record.js';
import { createAnswering } from './answering.js';
import { attend, PLAIN } from './attend/attend.js';
import type { OutboxView } from './attend/view.js';
import { createLane, type LaneOptions } from './lane.js';
import type { Notifier } from './notifier.js';

export interface OutboxOptions extends Omit<LaneOptions, keyof typeof DEFAULTS | 'record'> {
  record: LaneOptions['record'] &
    Pick<GuardRecord, 'outboxSince' | 'outboxTend' | 'incidents' | 'load' | 'note' | 'setNote' | 'post'>;
  notifiers: Notifier[];
  /** When, how often and whom; default: each page to each notifier, and nothing more. */
  paging?: PagingPolicy;
  /** One attempt may take this long; default 30 s. */
  attemptTimeoutMs?: number;
  /** A page that waits for so long is given up with its next failure; default what `paging` says, 24 h. */
  giveUpAfterMs?: number;
  /** Something that is no page and that people should know. */
  onTrouble?: (text: string) => void;
}

export interface Outbox {
  /** Delivers what is due and asks who is on it; resolves when both are done. What failed is tried again by itself. */
  drain(): Promise<void>;
  /** Ends attempts in flight and starts no more; the record has all that is left. */
  stop(): Promise<void>;
}

const DEFAULTS = { attemptTimeoutMs: 30_000, giveUpAfterMs: PLAIN.giveUpMs };
/** More heads than there can be notifiers. */
const HEADS = 1_000;
/** What is older has no say in what is told now, unless its incident is still open. */
const HORIZON_MS = 8 * 24 * 3_600_000;
const ROWS_MAX = 5_000;
/** What was added may call for more (the end of what was just told): so often at most. */
const LOOKS_MAX = 3;

/**
 * Takes pages from the record to people. One lane a notifier, so that a slow one holds up no other. All that matters
 * is in the record, so it goes on after a kill; a page is delivered twice only if we died between its acceptance and
 * our commit, and then under the same id (I10). What has to be told beyond what the guard wrote, and what has to wait, is
 * decided by `attend` before anything leaves.
 */
export function createOutbox(options: OutboxOptions): Outbox {
  const paging = options.paging ?? PLAIN;
  const settings = { ...DEFAULTS, giveUpAfterMs: paging.giveUpMs, ...options };
  const { record, clock } = options;
  const names = options.notifiers.map(({ name }) => name);
  let held: number[] = [];
  /** Rows up to this one were there at the last look: a newer one is looked at before it leaves. */
  let seenUpTo = 0;
  const lanes = new Map(
    options.notifiers.map((notifier) => [
      notifier.name,
      createLane(notifier, () => next(notifier.name), settings),
    ]),
  );
  const answering = createAnswering(options);
  const run = () => Promise.all([...lanes.values()].map((lane) => lane.run()));

  function next(notifier: string): OutboxRow | null {
    const head = () => heads().find((row) => row.notifier === notifier) ?? null;
    const row = head();
    if (row === null || row.id <= seenUpTo) return row;
    look();
    return head();
  }

  function heads(): OutboxRow[] {
    return unlessUnavailable(() => record.outboxDue(clock.wallMs(), HEADS, held)) ?? [];
  }

  function look(): void {
    unlessUnavailable(() => {
      for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
        const now = clock.wallMs();
        const view = viewOf(record, names, now);
        seenUpTo = view.rows.at(-1)?.id ?? seenUpTo;
        const { add, withhold, hold } = attended(view, now);
        held = [...hold];
        if (add.length === 0 && withhold.length === 0) return;
        record.outboxTend({ add, withhold }, now);
      }
    });
  }

  /** A bug in the rules must not keep a single page from leaving. */
  function attended(view: OutboxView, wallMs: number): ReturnType<typeof attend> {
    try {
      return attend(view, paging, wallMs);
    } catch (error) {
      const name = error instanceof Error ? error.message : String(error);
      options.onTrouble?.(`pages leave without reminders or rests: this is a bug: ${name}`);
      return { add: [], withhold: [], hold: new Set() };
    }
  }

  /** Pages for a notifier that was taken out of the configuration wait for its return, but not for ever. */
  function forsake(row: OutboxRow): void {
    const now = clock.wallMs();
    if (now - row.queuedWallMs < settings.giveUpAfterMs) return;
    const error = `${row.notifier}: no notifier of this name is configured`;
    record.outboxFailed(row.id, error, { gaveUpWallMs: now });
    options.onGaveUp?.(row, error);
  }

  return {
    async drain() {
      look();
      const asked = answering.ask();
      const running = run();
      unlessUnavailable(() => {
        for (const row of heads()) if (!lanes.has(row.notifier)) forsake(row);
      });
      await running;
      // What somebody has answered may have changed what is told, and to whom.
      if (!(await asked)) return;
      look();
      await run();
    },
    async stop() {
      await Promise.all([answering.stop(), ...[...lanes.values()].map((lane) => lane.stop())]);
    },
  };
}

function viewOf(record: OutboxOptions['record'], notifiers: string[], wallMs: number): OutboxView {
  const sinceWallMs = wallMs - HORIZON_MS;
  const incidents = record.incidents({ sinceWallMs });
  const open = incidents.filter(({ status }) => status !== 'resolved');
  const oldest = Math.min(sinceWallMs, ...open.map(({ openedWallMs }) => openedWallMs));
  const paused = open
    .map(({ service }) => service)
    .filter((service) => record.load(service)?.state.desired === 'paused');
  return { incidents, rows: record.outboxSince(oldest, ROWS_MAX), paused: new Set(paused), notifiers };
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
