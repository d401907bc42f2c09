import type { Incident, Page, PageKind } from '../../core/decision.js';
import type { OutboxRow } from '../../record/record.js';

/** All that the outbox's decisions rest on: what the record says, and nothing else. */
export interface OutboxView {
  /** Open ones, and those that ended not long ago, in the order of their opening. */
  incidents: readonly Incident[];
  /** Unfinished rows, and those of these incidents, in their order. */
  rows: readonly OutboxRow[];
  /** Services that an operator has paused. */
  paused: ReadonlySet<string>;
  /** Names of those configured, in their order. */
  notifiers: readonly string[];
}

/** What has to be changed about the outbox now. */
export interface Attention {
  /** Rows that have to be there and are not. */
  add: { page: Page; notifier: string }[];
  /** Rows that will not be sent, and why. */
  withhold: { id: number; why: string }[];
  /** Rows that wait, whatever their time says. */
  hold: ReadonlySet<number>;
}

const LOSS: ReadonlySet<PageKind> = new Set(['opened', 'escalated', 'reminder']);

/** Does this page say that something is lost? */
export function isLoss({ kind, incidentId }: Page): boolean {
  return incidentId !== null && LOSS.has(kind);
}

export function isPending(row: OutboxRow): boolean {
  return row.acceptedWallMs === null && row.gaveUpWallMs === null;
}

/** Nobody was told by this row, and nobody will be. */
export function isWithheld(row: OutboxRow): boolean {
  return row.withheld !== null;
}

/** It was tried, and did not get through yet: not merely on its way, or cut short by our own death. */
export function hasFailed(row: OutboxRow): boolean {
  return row.lastError !== null;
}

export function isUntried(row: OutboxRow): boolean {
  return isPending(row) && row.attempts === 0;
}

export function rowsOf(view: OutboxView, { service, id }: Incident): OutboxRow[] {
  return view.rows.filter(({ page }) => page.service === service && page.incidentId === id);
}

export function has(rows: readonly OutboxRow[], pageId: string, notifier: string): boolean {
  return rows.some((row) => row.page.id === pageId && row.notifier === notifier);
}
