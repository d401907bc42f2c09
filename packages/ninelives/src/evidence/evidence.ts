import type { KillIntent } from '../core/decision.js';
import type { UnitSnapshot } from '../core/types.js';
import type { Absent } from '../host/program.js';

/** What a collector works with. */
export interface EvidenceContext {
  intent: KillIntent;
  /** The last look at the unit before the kill was decided. */
  unit: UnitSnapshot | null;
  /** Where the service listens; null when it has no port of this machine. */
  port: number | null;
  /** Where the service's own output goes; null under systemd, which keeps it in the journal. */
  logFile: string | null;
  /** Where external programs are looked for. */
  path: string;
  /** Takes note of a value that must not stand anywhere in the bundle. */
  conceal(secret: string): void;
  /** Aborted when the collector's own limit is over. */
  signal: AbortSignal;
}

/**
 * One kind of evidence. To add one: a file beside the others and a line in `table.ts`. It never waits for the
 * service, writes nothing, and gives up at `limitMs`: whoever calls it does not wait longer anyway.
 */
export interface Collector<T extends object = object> {
  limitMs: number;
  /** The name of one further up in the table, which must have ended before: this one disturbs what that one sees. */
  after?: string;
  collect(context: EvidenceContext): Promise<T | Absent>;
}

/** What one incarnation was doing right before it was killed. Plain JSON, secrets redacted. */
export interface EvidenceBundle {
  version: 1;
  service: string;
  incidentId: string;
  intentId: string;
  reason: string;
  incarnation: KillIntent['incarnation'];
  /** When the kill was decided. */
  wallMs: number;
  /** How long all collectors together took. */
  tookMs: number;
  unit: Pick<UnitSnapshot, 'unit' | 'supervisor' | 'phase' | 'restarts' | 'lastExit' | 'portOwner'> | null;
  collected: { [collector: string]: object | Absent };
}

export function isAbsent(value: object | undefined): value is Absent {
  return value !== undefined && 'absent' in value;
}
