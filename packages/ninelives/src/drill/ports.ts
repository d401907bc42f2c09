import type { ServiceConfig } from '../config/service.js';
import type { CheapAnswer, ProbeOutcome, ProcessId } from '../core/types.js';
import type { GuardRecord } from '../record/record.js';
import type { DrillSignal } from './faults/fault.js';

/** What must be undone even when the drill itself is killed. */
export type Undo = { continue: ProcessId[] } | { start: true };

/** Stands by until it is released; if we end without that, however we end, it performs the undo. */
export interface Standby {
  /** @param undone it was put back already; else the standby does it now. Resolves when it has ended. */
  release(undone: boolean): Promise<void>;
}

/** What a drill needs from the world: it runs beside the guard and talks to it only through the record. */
export interface DrillPorts {
  clock: {
    monotonicMs(): number;
    wallMs(): number;
    /** Ends early, and quietly, on an abort. */
    sleep(ms: number, signal?: AbortSignal): Promise<void>;
  };
  record: GuardRecord;
  /** Signals that very process, re-checked right before; false when it is gone, another, or not ours. */
  signal(id: ProcessId, signal: DrillSignal | 'SIGCONT'): boolean;
  /** Says to whoever stands in front of the service that its next death is ours. Never fails. */
  announce(): Promise<void>;
  /** The state letter of that very process; null when it has ended. */
  stateOf(id: ProcessId): string | null;
  /** Has the service started again after it was ended. @throws when nobody could be told */
  start(): Promise<void>;
  /** Why nobody, not even an admin, could start it again if it stayed down; null when somebody could. */
  beyondRepair(): Promise<string | null>;
  /** @throws when it can't be armed: then nothing may be injected. */
  arm(undo: Undo): Promise<Standby>;
  /** A prober of our own for one life of the service; it learns that life's golden answers. */
  prober(): (ask: { deadlineMs: number; attempt: number; signal: AbortSignal }) => Promise<ProbeOutcome>;
  askCheap(signal: AbortSignal): Promise<CheapAnswer[]>;
  /** The server's own counter of finished work; null when it has none. */
  completions: (() => Promise<number | { unknown: string }>) | null;
  /**
   * Connections to the service's port that are neither the guard's nor ours; null: could not look. `resting`: surely
   * answered, and silent for `restMs`.
   */
  foreignClients(restMs: number): Promise<{ working: number; resting: number } | null>;
  newId(): string;
}

export interface DrillOptions {
  config: ServiceConfig;
  /** Go on although the service is sick or busy. */
  force: boolean;
  /** Whoever asks for the drill has clients at work on it meanwhile, so nobody else is looked for. */
  ownTraffic: boolean;
  /** Do to a unit of one's own what is otherwise only explained. */
  really: boolean;
  /** How long to wait for what is expected; null: derived from the policy. */
  limitMs: number | null;
  /** Who asked, for the record. */
  by: string;
}
