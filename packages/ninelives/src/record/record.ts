import type { Decision, GuardState, Incident, KillIntent, Page, RecordEvent, Sample } from '../core/types.js';

/** A command from another process (CLI, dashboard) to the guard, kept until the guard has committed it. */
export interface InboxRow {
  id: number;
  service: string;
  wallMs: number;
  by: string;
  command:
    | { type: 'pause' }
    | { type: 'resume' }
    | { type: 'acknowledge' }
    | { type: 'start' }
    | { type: 'drill-begun'; drillId: string; fault: string; permitKill: boolean; forMs: number }
    | { type: 'drill-ended'; drillId: string };
}

/** A page on its way to one notifier. */
export interface OutboxRow {
  id: number;
  page: Page;
  notifier: string;
  attempts: number;
  /** Wall ms of the next attempt. */
  nextWallMs: number;
  acceptedWallMs: number | null;
  gaveUpWallMs: number | null;
  lastError: string | null;
}

/** A drill's report as it was printed, kept as evidence. */
export interface DrillRow {
  id: string;
  service: string;
  fault: string;
  wallMs: number;
  passed: boolean;
  /** The JSON report of `drill --json`. */
  report: unknown;
}

export interface StoredEvent extends RecordEvent {
  id: number;
  service: string;
}

export interface EventQuery {
  service?: string;
  sinceId?: number;
  sinceWallMs?: number;
  incidentId?: string;
  /** Newest `limit` rows, returned oldest first. Default 1000. */
  limit?: number;
}

/** Thrown when the record cannot be written (disk full, read-only, locked beyond the limit). */
export class RecordUnavailableError extends Error {
  override readonly name = 'RecordUnavailableError';
  readonly code = 'RECORD_UNAVAILABLE';
}

/**
 * What happened, durable. One implementation on SQLite, one in memory; both pass test/contract/record.
 * All calls are synchronous: a commit is one transaction on a local file and takes well under a millisecond.
 */
export interface GuardRecord {
  /** State and unfinished intents of a service, or null if it was never guarded. */
  load(service: string): { state: GuardState; openIntents: KillIntent[] } | null;
  /**
   * ONE transaction: state, events, incidents, intent, outbox rows (one a page and notifier), sample, and
   * the removal of the inbox rows that caused it. All or nothing.
   * @throws RecordUnavailableError when it could not be written; nothing of it is then kept.
   */
  commit(service: string, decision: Decision, options: { notifiers: string[]; consumed?: number[] }): void;

  services(): string[];
  incidents(query?: { service?: string; limit?: number; sinceWallMs?: number }): Incident[];
  events(query?: EventQuery): StoredEvent[];
  samples(service: string, sinceWallMs: number): Sample[];

  /** Appended by other processes; read and consumed by the guard only. */
  post(row: Omit<InboxRow, 'id'>): number;
  inbox(service: string): InboxRow[];
  /** Changes whenever another process has written: `PRAGMA data_version`; cheap enough to poll. */
  version(): number;

  outboxDue(wallMs: number, limit: number): OutboxRow[];
  outboxAccepted(id: number, wallMs: number): void;
  outboxFailed(id: number, error: string, next: { wallMs: number } | { gaveUpWallMs: number }): void;
  outboxPending(): OutboxRow[];

  saveDrill(row: DrillRow): void;
  drills(service: string): DrillRow[];

  /** Small durable notes: golden vectors, learnt load time. Value is any JSON. */
  note(service: string, key: string): unknown;
  setNote(service: string, key: string, value: unknown): void;

  /** Forget rows older than this, keeping open incidents and unaccepted pages. */
  retain(olderThanWallMs: number): void;
  close(): void;
}
