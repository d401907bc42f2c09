import type { Incident, Page } from 'ninelives/dist/src/core/decision.js';
import { isPending } from 'ninelives/dist/src/notify/attend/view.js';
import type { OutboxOptions } from 'ninelives/dist/src/notify/outbox.js';
import { OUTBOX_WAIT_MAX_MS, type OutboxRow } from 'ninelives/dist/src/record/record.js';
import { acknowledge } from './answers.js';
import type { BeaconState } from './state.js';

const GAVE_UP_KEPT = 20;
/** What is over is remembered this long: who was told of it, so that they are told of its end, and of flapping once. */
const KEPT_MS = 2 * 86_400_000;
/** The whole state is one value (2 MB at most in a Durable Object), a row about 1 kB. */
const ROWS_KEPT = 300;

/** What follows from one step: its incidents as they now are, and its pages, a row for each notifier that is told at once. */
export function keepDecision(
  state: BeaconState,
  { incidents, pages }: { incidents: Incident[]; pages: Page[] },
  notifiers: string[],
): void {
  for (const incident of incidents) {
    const at = state.incidents.findIndex(
      ({ service, id }) => service === incident.service && id === incident.id,
    );
    if (at < 0) state.incidents.push(structuredClone(incident));
    else state.incidents[at] = structuredClone(incident);
  }
  for (const page of pages) addPage(state, page, notifiers, page.wallMs);
}

/** One that is known by its id is not added again. */
function addPage(state: BeaconState, page: Page, notifiers: string[], queuedWallMs: number): void {
  for (const notifier of notifiers) {
    if (state.outbox.some((row) => row.page.id === page.id && row.notifier === notifier)) continue;
    state.outbox.push({
      id: state.nextRow,
      page,
      notifier,
      attempts: 0,
      nextWallMs: queuedWallMs,
      queuedWallMs,
      withheld: null,
      acceptedWallMs: null,
      gaveUpWallMs: null,
      lastError: null,
    });
    state.nextRow += 1;
  }
}

/** Pages that have not left yet. */
export function pendingRows(state: BeaconState): OutboxRow[] {
  return state.outbox.filter(isPending);
}

/** Forgets what is over for so long, or too much of it; what is open, and what waits, never. */
export function forgetOld(state: BeaconState, wallMs: number): void {
  const since = wallMs - KEPT_MS;
  state.incidents = state.incidents.filter(
    ({ resolvedWallMs }) => resolvedWallMs === null || resolvedWallMs >= since,
  );
  const open = new Set(state.incidents.filter(({ status }) => status !== 'resolved').map(({ id }) => id));
  const isNeeded = (row: OutboxRow) => isPending(row) || open.has(row.page.incidentId ?? '');
  const fresh = state.outbox.filter(
    (row) => isNeeded(row) || (row.acceptedWallMs ?? row.gaveUpWallMs ?? wallMs) >= since,
  );
  let tooMany = fresh.length - ROWS_KEPT;
  state.outbox = fresh.filter((row) => {
    if (tooMany <= 0 || isNeeded(row)) return true;
    tooMany -= 1;
    return false;
  });
}

/**
 * What the outbox needs of a record, on rows in the state: the same outbox tells here as on a machine. `changed` is called
 * after each change, to save it. `told`: who is told at once.
 */
export function outboxRows(state: BeaconState, changed: () => void, told: string[]): OutboxOptions['record'] {
  const pending = (id: number) => pendingRows(state).find((row) => row.id === id);
  return {
    outboxDue(wallMs: number, limit: number, held = []): OutboxRow[] {
      const heads = new Map<string, OutboxRow>();
      for (const row of pendingRows(state)) {
        if (held.includes(row.id)) continue;
        if (!heads.has(row.notifier)) heads.set(row.notifier, row);
      }
      const due = [...heads.values()].filter(
        ({ nextWallMs }) => nextWallMs <= wallMs || nextWallMs > wallMs + OUTBOX_WAIT_MAX_MS,
      );
      return structuredClone(due.slice(0, limit));
    },
    outboxTried(id) {
      const row = pending(id);
      if (row) row.attempts += 1;
      changed();
    },
    outboxAccepted(id, wallMs) {
      const row = pending(id);
      if (row) Object.assign(row, { acceptedWallMs: wallMs, lastError: null });
      changed();
    },
    outboxFailed(id, error, next) {
      const row = pending(id);
      if (!row) return;
      row.lastError = error;
      if ('gaveUpWallMs' in next) {
        row.gaveUpWallMs = next.gaveUpWallMs;
        const { page, notifier } = row;
        state.gaveUp.push({ title: page.title, notifier, error, wallMs: next.gaveUpWallMs });
        state.gaveUp.splice(0, state.gaveUp.length - GAVE_UP_KEPT);
      } else row.nextWallMs = next.wallMs;
      changed();
    },
    outboxSince: (wallMs, limit) =>
      structuredClone(
        state.outbox.filter((row) => isPending(row) || row.queuedWallMs >= wallMs).slice(-limit),
      ),
    outboxTend({ add, withhold }, wallMs) {
      for (const { page, notifier } of structuredClone(add)) addPage(state, page, [notifier], wallMs);
      for (const { id, why } of withhold) {
        const row = pending(id);
        if (row?.attempts === 0) Object.assign(row, { withheld: why, gaveUpWallMs: wallMs });
      }
      changed();
    },
    incidents: ({ sinceWallMs = 0 } = {}) =>
      structuredClone(
        state.incidents.filter(
          ({ resolvedWallMs }) => resolvedWallMs === null || resolvedWallMs >= sinceWallMs,
        ),
      ),
    // Nobody can pause from here.
    load: () => null,
    note: (service, key) => state.notes[JSON.stringify([service, key])],
    setNote(service, key, value) {
      state.notes[JSON.stringify([service, key])] = value;
      changed();
    },
    /** Nobody else reads an inbox here: a word from the phone counts at once. */
    post({ service, by, wallMs }) {
      keepDecision(state, acknowledge(state, service, by, wallMs), told);
      changed();
      return 0;
    },
  };
}
