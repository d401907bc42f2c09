import type { Decision, Page } from '../core/decision.js';
import { noticePage } from '../core/page.js';
import type { Policy } from '../core/policy.js';
import { type GuardRecord, RecordUnavailableError } from '../record/record.js';
import type { Committed } from './ports.js';

/** Rows kept in memory while the record can't be written; older ones are dropped, the state is not. */
const BACKLOG_EVENTS = 1_000;

/**
 * The one way a decision becomes fact. Normally: one transaction, before anything is done. When the record can't
 * be written (I5): rows wait in memory and are written with the next commit that succeeds; a kill is then allowed
 * at most once per budget window, and a page says so; any other kill is refused, as if it was never decided.
 */
export function createCommitter(options: {
  record: Pick<GuardRecord, 'commit'>;
  service: string;
  notifiers: string[];
  policy: Policy;
  /** Gives up the reserve and old rows; true when that may have made room for what failed with this error. */
  makeRoom: (error: unknown) => boolean;
  tellWithoutRecord: (page: Page) => void;
}): (decision: Decision, consumed: number[], wallMs?: number) => Committed {
  const { record, service, notifiers, policy } = options;
  let backlog: Decision | null = null;
  /** Inbox rows taken in while nothing could be written: consumed with the next commit, or they would come again. */
  let owed: number[] = [];
  let lastMemoryKillAtMs = Number.NEGATIVE_INFINITY;
  let written = false;

  return (decision, consumed, wallMs) => {
    const merged = merge(backlog, decision);
    if (write(merged, [...owed, ...consumed], wallMs)) {
      backlog = null;
      owed = [];
      written = true;
      return 'committed';
    }
    // An earlier daemon may have used up that one kill and died; nothing on record would say so. So a daemon that
    // never could write begins as if the kill was just now, or a crash loop of ours would kill once a start.
    if (!written && lastMemoryKillAtMs === Number.NEGATIVE_INFINITY) {
      lastMemoryKillAtMs = decision.events[0]?.atMs ?? lastMemoryKillAtMs;
    }
    if (decision.intent) {
      const { atMs, wallMs, id, reason } = decision.intent;
      if (atMs - lastMemoryKillAtMs < policy.windowMs) return 'refused';
      lastMemoryKillAtMs = atMs;
      const body = `Killing once without a record (${reason}). Free some disk space: no further kill until then.`;
      options.tellWithoutRecord(
        noticePage(service, `${id}/no-record`, 'The record cannot be written', body, wallMs, 'no-record'),
      );
    }
    backlog = merged;
    owed = [...owed, ...consumed];
    return 'in-memory';
  };

  function write(decision: Decision, consumed: number[], wallMs: number | undefined): boolean {
    const looked = wallMs === undefined ? {} : { wallMs };
    for (const attempt of ['first', 'after making room'] as const) {
      try {
        record.commit(service, decision, { notifiers, consumed, ...looked });
        return true;
      } catch (error) {
        if (!(error instanceof RecordUnavailableError)) throw error;
        if (attempt === 'first' && !options.makeRoom(error)) return false;
      }
    }
    return false;
  }
}

/** Everything an unwritten decision carried, in front of the next one. State, intent and sample are the newest. */
function merge(older: Decision | null, newer: Decision): Decision {
  if (!older) return newer;
  const ids = new Set(newer.incidents.map((incident) => incident.id));
  // A kill that began and ended in memory has no row to close; one that was on record before still has.
  const inMemory = newer.closedIntent !== null && newer.closedIntent.id === older.intent?.id;
  return {
    ...newer,
    events: [...older.events, ...newer.events].slice(-BACKLOG_EVENTS),
    incidents: [...older.incidents.filter((incident) => !ids.has(incident.id)), ...newer.incidents],
    intent: newer.intent ?? (inMemory ? null : older.intent),
    closedIntent: inMemory ? older.closedIntent : (newer.closedIntent ?? older.closedIntent),
    pages: [...older.pages, ...newer.pages],
  };
}
