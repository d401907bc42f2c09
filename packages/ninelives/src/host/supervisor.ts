import type { UnitSnapshot } from '../core/types.js';

/**
 * Whoever starts the service and starts it again: systemd (system or user manager) or the embedded one.
 * The guard only looks; it never asks a supervisor to restart anything.
 */
export interface Supervisor {
  /**
   * One look, bounded in time. Resolves to a snapshot, or to the reason why we could not look
   * ("could not look" is never "is down").
   * @param calm all is well as far as is known: what can't be seen without asking the supervisor may be 2 s old
   */
  inspect(calm?: boolean): Promise<UnitSnapshot | { unknown: string }>;
  /** Where the service's own output goes, for evidence and for people; null when not known. */
  logFile: string | null;
}
