import type { Page } from 'ninelives/dist/src/core/decision.js';
import { OUTBOX_WAIT_MAX_MS, type OutboxRow } from 'ninelives/dist/src/record/record.js';
import type { BeaconState } from './state.js';

const GAVE_UP_KEPT = 20;

/** New pages, a row for each notifier. One that is known by its id is not added again. */
export function addPages(state: BeaconState, pages: Page[], notifiers: string[]): void {
  for (const page of pages) {
    for (const notifier of notifiers) {
      if (state.outbox.some((row) => row.page.id === page.id && row.notifier === notifier)) continue;
      state.outbox.push({
        id: state.nextRow,
        page,
        notifier,
        attempts: 0,
        nextWallMs: page.wallMs,
        queuedWallMs: page.wallMs,
        withheld: null,
        acceptedWallMs: null,
        gaveUpWallMs: null,
        lastError: null,
      });
      state.nextRow += 1;
    }
  }
}

/**
 * What a lane of the outbox needs of a record, on rows in the state: the same lane delivers here as on a machine. A row
 * that is done with is removed. `changed` is called after each change, to save it.
 */
export function outboxRows(state: BeaconState, changed: () => void) {
  const take = (id: number): OutboxRow | null => {
    const at = state.outbox.findIndex((row) => row.id === id);
    return at < 0 ? null : (state.outbox.splice(at, 1)[0] ?? null);
  };
  return {
    outboxDue(wallMs: number, limit: number): OutboxRow[] {
      const heads = new Map<string, OutboxRow>();
      for (const row of state.outbox) if (!heads.has(row.notifier)) heads.set(row.notifier, row);
      const due = [...heads.values()].filter(
        ({ nextWallMs }) => nextWallMs <= wallMs || nextWallMs > wallMs + OUTBOX_WAIT_MAX_MS,
      );
      return structuredClone(due.slice(0, limit));
    },
    /** Counted, and saved with what comes of it: nothing here is ever taken back, so nobody asks before that. */
    outboxTried(id: number): void {
      const row = state.outbox.find((known) => known.id === id);
      if (row) row.attempts += 1;
    },
    outboxAccepted(id: number): void {
      take(id);
      changed();
    },
    outboxFailed(id: number, error: string, next: { wallMs: number } | { gaveUpWallMs: number }): void {
      if ('gaveUpWallMs' in next) {
        const row = take(id);
        if (row) {
          const { page, notifier } = row;
          state.gaveUp.push({ title: page.title, notifier, error, wallMs: next.gaveUpWallMs });
          state.gaveUp.splice(0, state.gaveUp.length - GAVE_UP_KEPT);
        }
      } else {
        const row = state.outbox.find((known) => known.id === id);
        if (row) Object.assign(row, { lastError: error, nextWallMs: next.wallMs });
      }
      changed();
    },
    note: (service: string, key: string): unknown => state.notes[JSON.stringify([service, key])],
    setNote(service: string, key: string, value: unknown): void {
      state.notes[JSON.stringify([service, key])] = value;
      changed();
    },
  };
}
