import type {
  Decision,
  GuardState,
  Incident,
  KillIntent,
  Page,
  RecordEvent,
  Sample,
} from '../core/decision.js';

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
    | { type: 'arm' }
    | { type: 'drill-begun'; drillId: string; fault: string; permitKill: boolean; forMs: number }
    | { type: 'drill-ended'; drillId: string };
}

/** A page on its way to one notifier. */
export interface OutboxRow {
  id: number;
  page: Page;
  notifier: string;
  /** Wall ms at which it was put here: of the page itself, later for who is asked second. */
  queuedWallMs: number;
  /** Attempts that were begun: what came of the last one may be unknown, if somebody died in it. */
  attempts: number;
  /** Wall ms of the next attempt. */
  nextWallMs: number;
  acceptedWallMs: number | null;
  gaveUpWallMs: number | null;
  /** Of the last attempt that failed, until one is accepted; null where none has. */
  lastError: string | null;
  /** Finished without being sent, on purpose, and why (maintenance, flapping); then `gaveUpWallMs` says when. */
  withheld: string | null;
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
  untilWallMs?: number;
  incidentId?: string;
  /** Newest `limit` rows, returned oldest first. Default 1000. */
  limit?: number;
}

/**
 * One minute of watching, summed up as it was committed: what the 72-hour strip and the report are made of. A minute
 * without a row is one in which nobody looked, or nothing could be written.
 */
export interface Minute {
  /** Unix time in whole minutes. */
  minute: number;
  /** Wall ms of the first and the last commit in it. */
  firstWallMs: number;
  lastWallMs: number;
  /** Probes by result: answered right, failed, could not look (see RESULT_OF). */
  passed: number;
  failed: number;
  unknown: number;
  /** Of the right answers: their sum and the slowest, ms. */
  tookSumMs: number;
  tookMaxMs: number;
}

/** One minute of clients' requests, by the gateway's count; each request stands in the minute in which it ended (I9). */
export interface TrafficMinute {
  /** Unix time in whole minutes. */
  minute: number;
  answered: number;
  /** Answered after the server died at it. */
  replayed: number;
  refused: number;
  clientGone: number;
  /** Of the answers: how long their clients waited, and the slowest, ms. */
  tookSumMs: number;
  tookMaxMs: number;
}

/** Why the record can't be used. Only `full` may be mended by giving up the reserve (see reserve.ts). */
export type UnavailableReason =
  | 'full' // no space left, or over quota
  | 'read-only' // file, folder or connection does not allow writing
  | 'busy' // locked by another process beyond the limit
  | 'io' // the disk failed
  | 'missing' // opened for reading, and there is none yet
  | 'damaged' // not a database, or a broken one
  | 'version'; // written by a newer ninelives, or not migrated yet and opened for reading

/** No attempt at a page is put off for longer than this. */
export const OUTBOX_WAIT_MAX_MS = 60 * 60_000;

/** 4.6 days of one sample every 2 s; about 10 MB. The 72-hour report needs 129,600. */
export const SAMPLES_KEPT = 200_000;

/** Thrown when the record cannot be opened or written (disk full, read-only, locked beyond the limit). */
export class RecordUnavailableError extends Error {
  override readonly name = 'RecordUnavailableError';
  readonly code = 'RECORD_UNAVAILABLE';
  readonly reason: UnavailableReason;

  constructor(message: string, options: { reason?: UnavailableReason; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.reason = options.reason ?? 'io';
  }
}

export interface CommitOptions {
  notifiers: string[];
  /** Inbox rows that caused it. */
  consumed?: number[];
  /** When it was taken in; without it the minute is marked by what the decision itself carries. */
  wallMs?: number;
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
   * the removal of the inbox rows that caused it, and a mark that somebody looked at `wallMs`. All or nothing.
   * @throws RecordUnavailableError when it could not be written; nothing of it is then kept.
   */
  commit(service: string, decision: Decision, options: CommitOptions): void;

  services(): string[];
  /** In the order of their opening. `sinceWallMs`: those not resolved before it. Newest `limit`, default 1000. */
  incidents(query?: { service?: string; limit?: number; sinceWallMs?: number }): Incident[];
  events(query?: EventQuery): StoredEvent[];
  /** In the order of commits; bounded by SAMPLES_KEPT. */
  samples(service: string, sinceWallMs: number): Sample[];
  /** Oldest first; a row a minute, for as long as `retain` keeps anything. */
  minutes(service: string, sinceWallMs: number): Minute[];

  /**
   * Adds to its minute. `seen`, the gateway's counters as they were read, is kept in the same transaction, so that no
   * request is counted twice or not at all. Not forced to the disk.
   */
  addTraffic(service: string, row: TrafficMinute, seen: unknown): void;
  /** The counters of the last `addTraffic`; null before the first. */
  trafficSeen(service: string): unknown;
  /** Oldest first; a row a minute in which a request ended. */
  traffic(service: string, sinceWallMs: number): TrafficMinute[];

  /** Appended by other processes; read and consumed by the guard only. */
  post(row: Omit<InboxRow, 'id'>): number;
  inbox(service: string): InboxRow[];
  /** Changes whenever another process has written, or a row was posted here; cheap enough to poll. */
  version(): number;

  /**
   * The oldest unfinished row of each notifier, where it is due: so pages keep their order, and a notifier that
   * is down holds up no other. A time further away than OUTBOX_WAIT_MAX_MS was written before the clock was set
   * back, and counts as due. Rows in `held` are passed over, as if they were not there.
   */
  outboxDue(wallMs: number, limit: number, held?: readonly number[]): OutboxRow[];
  /** An attempt begins: written before it is made, since whoever dies in it may have been heard (I10). */
  outboxTried(id: number): void;
  outboxAccepted(id: number, wallMs: number): void;
  outboxFailed(id: number, error: string, next: { wallMs: number } | { gaveUpWallMs: number }): void;
  /** Neither accepted nor given up, oldest first. */
  outboxPending(): OutboxRow[];
  /** Unfinished rows, and finished ones put here since then; the newest `limit`, oldest first. */
  outboxSince(wallMs: number, limit: number): OutboxRow[];
  /** One transaction: rows that are not there yet, and rows that will not be sent, of those that nobody has tried yet. */
  outboxTend(
    change: { add: { page: Page; notifier: string }[]; withhold: { id: number; why: string }[] },
    wallMs: number,
  ): void;

  saveDrill(row: DrillRow): void;
  /** Oldest first; the newest `limit`, default 1000. */
  drills(service: string, limit?: number): DrillRow[];

  /** Small durable notes: golden vectors, learnt load time. Value is any JSON. */
  note(service: string, key: string): unknown;
  setNote(service: string, key: string, value: unknown): void;

  /**
   * Forgets rows older than this, a bounded number a call (call it hourly or oftener). Kept: open incidents with
   * their events and intents, unfinished pages, unread inbox rows, and the last drill of each fault.
   */
  retain(olderThanWallMs: number): void;
  close(): void;
}
