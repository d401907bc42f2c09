import type { RestartSettings } from '../../config/service.js';

/**
 * What systemd would decide, as pure functions: systemd.service(5) "Restart=" (the table of exit causes) and
 * systemd.unit(5) "StartLimitIntervalSec=", with the code of systemd 252 where the pages are silent.
 */

/** How the main process ended. */
export type Exit =
  | { type: 'exit'; code: number }
  | { type: 'signal'; signal: string }
  /** It never ran (no such file, not executable): systemd reports exit status 203/EXEC. */
  | { type: 'not-started'; why: string }
  /** Somebody else's child (adopted): its status went to its parent. Counts as unclean. */
  | { type: 'unknown' };

export type UnitResult = 'success' | 'exit-code' | 'signal' | 'timeout';

const CLEAN_SIGNALS = new Set(['SIGHUP', 'SIGINT', 'SIGTERM', 'SIGPIPE']);

export function resultOf(exit: Exit): UnitResult {
  switch (exit.type) {
    case 'exit':
      return exit.code === 0 ? 'success' : 'exit-code';
    case 'signal':
      return CLEAN_SIGNALS.has(exit.signal) ? 'success' : 'signal';
    case 'not-started':
      return 'exit-code';
    case 'unknown':
      return 'signal';
  }
}

export function exitText(exit: Exit): string {
  switch (exit.type) {
    case 'exit':
      return `exit status ${exit.code}`;
    case 'signal':
      return exit.signal;
    case 'not-started':
      return `could not be started: ${exit.why}`;
    case 'unknown':
      return 'unknown (adopted)';
  }
}

/** The table of systemd.service(5), "Exit causes and the effect of the Restart= settings". */
const RESTARTS: Record<RestartSettings['policy'], readonly UnitResult[]> = {
  no: [],
  'on-abort': ['signal'],
  'on-abnormal': ['signal', 'timeout'],
  'on-failure': ['signal', 'timeout', 'exit-code'],
  always: ['signal', 'timeout', 'exit-code', 'success'],
};

export function restartsAfter(policy: RestartSettings['policy'], result: UnitResult): boolean {
  return RESTARTS[policy].includes(result);
}

/** The window in which starts are counted; it opens with a start, it does not slide (systemd's ratelimit.c). */
export interface StartWindow {
  beganAtMs: number;
  starts: number;
}

/** May it be started now? Counts the attempt. Every start counts, an operator's too. */
export function admitStart(
  window: StartWindow | null,
  nowMs: number,
  limit: Pick<RestartSettings, 'startLimitBurst' | 'startLimitIntervalMs'>,
): { admitted: boolean; window: StartWindow } {
  if (limit.startLimitBurst <= 0 || limit.startLimitIntervalMs <= 0) {
    return { admitted: true, window: { beganAtMs: nowMs, starts: 1 } };
  }
  if (window === null || nowMs > window.beganAtMs + limit.startLimitIntervalMs) {
    return { admitted: true, window: { beganAtMs: nowMs, starts: 1 } };
  }
  const starts = window.starts + 1;
  return { admitted: starts <= limit.startLimitBurst, window: { ...window, starts } };
}
