import type { ServiceConfig } from '../config/service.js';
import type { GuardState, RecordEvent } from '../core/decision.js';
import { holdMs } from './faults/fault.js';

/** No load is known to have been quicker than this is slow. */
const LOAD_MIN_MS = 30_000;
const SLACK_MS = 15_000;
/** TimeoutStopSec= may be infinity. */
const STOP_MAX_MS = 3 * 60_000;
/** A kill waits this long for what it signalled to be gone. */
const KILL_MS = 5_000;

/** How long a drill waits for what it expects: half as long again as L1 of DESIGN.md promises, and some slack. */
export function observeLimitMs(
  config: ServiceConfig,
  state: GuardState,
  past: readonly RecordEvent[],
): number {
  const { policy, restart } = config;
  const detectMs =
    policy.intervalMs + policy.failureThreshold * (state.probeDeadlineMs + policy.confirmMs) + KILL_MS;
  const holdsMs =
    holdMs(config) +
    Math.min(restart.stopTimeoutMs, STOP_MAX_MS) +
    restart.startLimitBurst * (restart.restartMs + 1_000);
  return 1.5 * (detectMs + holdsMs + recoverLimitMs(config, past)) + SLACK_MS;
}

/** How long the service gets to serve again once it may: a restart, a load as the slowest on record, the passes. */
export function recoverLimitMs({ policy, restart }: ServiceConfig, past: readonly RecordEvent[]): number {
  const loads = past
    .filter((event) => event.type === 'serving')
    .map((event) => Number(event.data?.loadMs ?? 0));
  const loadMs = Math.max(LOAD_MIN_MS, ...loads.map((ms) => 2 * ms));
  return restart.restartMs + loadMs + policy.successThreshold * (policy.intervalMs + policy.confirmMs);
}
