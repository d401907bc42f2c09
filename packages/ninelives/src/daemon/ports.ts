import type { Decision, KillIntent, Page, Power } from '../core/decision.js';
import type { Policy } from '../core/policy.js';
import type {
  Incarnation,
  KillOutcome,
  ProbeOutcome,
  ProcessId,
  TrafficSight,
  UnitSnapshot,
} from '../core/types.js';
import type { GuardRecord } from '../record/record.js';

/** Time, injected: the simulation runs the same loop on virtual time. */
export interface Clock {
  monotonicMs(): number;
  wallMs(): number;
  /** Runs once after the delay; the returned function calls it off. */
  after(delayMs: number, run: () => void): () => void;
}

export interface KillReport {
  outcome: KillOutcome;
  remaining: ProcessId[];
  detail: string;
}

/** What the loop needs from the world. Callbacks, not promises: virtual time has no microtasks to wait for. */
export interface GuardPorts {
  clock: Clock;
  inspect(done: (unit: UnitSnapshot | { unknown: string }) => void): void;
  probe(
    request: { deadlineMs: number; attempt: number; incarnation: Incarnation | null },
    done: (outcome: ProbeOutcome) => void,
  ): void;
  /** The server's own counter of finished work, or why it can't be read; null when there is none. */
  completions: ((done: (count: number | { unknown: string }) => void) => void) | null;
  /**
   * What the gateway's traffic shows; `completed`: real work was answered since it was asked before. null: it does not
   * say. Absent when there is no gateway.
   */
  traffic?: (done: (seen: { completed: boolean; sight: TrafficSight } | null) => void) => void;
  /** Signals exactly `intent.targets`, each re-checked at that moment. */
  kill(intent: KillIntent, done: (report: KillReport) => void): void;
  /** Starts the service again after an operator's stop; null where that is not ours to do (systemd). */
  start: (() => void) | null;
  /** Called after each commit: the live view, the outbox. */
  committed(decision: Decision): void;
  /** A round of observe, step and commit is complete, whatever its result: what a watchdog is fed with. */
  rounded?: () => void;
  /** The record can't be written: tell people without it. */
  tellWithoutRecord(page: Page): void;
}

/** How often the loop looks. Durations in ms. */
export interface GuardTiming {
  /** Looking at the unit when all is well. */
  inspectMs: number;
  /** While something is wrong or loading: each look is a stamp on the timeline. */
  inspectQuickMs: number;
  /** Reading the progress counter. */
  completionsMs: number;
  /** State without news is committed at most this often. */
  flushMs: number;
}

export const DEFAULT_TIMING: GuardTiming = {
  inspectMs: 500,
  inspectQuickMs: 100,
  completionsMs: 1_000,
  flushMs: 30_000,
};

/** Everything one service's guard is made of. */
export interface GuardOptions {
  service: string;
  bootId: string;
  policy: Policy;
  power: Power;
  timing: GuardTiming;
  record: Pick<GuardRecord, 'load' | 'inbox' | 'version'>;
  commit: (decision: Decision, consumed: number[], wallMs?: number) => Committed;
  ports: GuardPorts;
}

/** What became of a decision: see commit.ts. */
export type Committed = 'committed' | 'in-memory' | 'refused';
