import type { Config, ServiceConfig } from '../config/service.js';
import type { Decision, GuardState, KillIntent, Page, Power } from '../core/decision.js';
import type { ProcessId } from '../core/types.js';
import { bootId } from '../host/clock.js';
import { createKillPorts, performKill } from '../host/kill.js';
import type { Supervisor } from '../host/supervisor.js';
import { systemClock } from '../host/system-clock.js';
import { createProgressReader } from '../probe/progress.js';
import type { GuardRecord } from '../record/record.js';
import { createCommitter } from './commit.js';
import type { KeepEvidence } from './evidence.js';
import { createFirstLook, type FirstLook } from './first-look.js';
import { createLooking } from './looking.js';
import { createGuard, type Guard } from './loop.js';
import type { GuardPorts, GuardTiming, KillReport } from './ports.js';
import { approvedOf, createProber } from './probing.js';
import { tunnelProber } from './tunnel-prober.js';

/** The counter is asked beside a decision: it must not hold that up. */
const PROGRESS_LIMIT_MS = 1_000;

export interface ServiceGuardOptions {
  config: ServiceConfig;
  /** The others too: a tunnel is judged by what it carries. */
  whole: Config;
  record: GuardRecord;
  supervisor: Supervisor;
  /** Starts the service on an operator's word; null where that is not ours (systemd). */
  start: (() => void) | null;
  power: Power;
  /** Where nvidia-smi is looked for: PATH. */
  path: string;
  /** Is this process the unit's? Asked right before each signal. */
  belongs?: (target: ProcessId) => boolean;
  timing: GuardTiming;
  notifiers: string[];
  makeRoom: (error: unknown) => boolean;
  keepEvidence: KeepEvidence;
  /** The traffic of clients, where a gateway sees it. */
  traffic?: GuardPorts['traffic'];
  /** Right before a kill: those who stand in front of the service hear whose it is. Never rejects. */
  beforeKill?: (state: GuardState, intent: KillIntent) => Promise<void>;
  onDecision: (decision: Decision) => void;
  onRound: () => void;
  tellWithoutRecord: (page: Page) => void;
  /** A bug of ours (an invariant, an unexpected throw): the daemon ends, durable state makes that safe. */
  onBug: (error: unknown) => void;
}

/** Wires one service's loop to the real machine. */
export function createServiceGuard(options: ServiceGuardOptions): Guard & { close(): void } {
  const { config, record, supervisor } = options;
  const closed = new AbortController();
  const looking = createLooking({
    supervisor,
    port: config.port,
    path: options.path,
    nowMs: systemClock.monotonicMs,
    signal: closed.signal,
    troubled: () => isTroubled(guard.state()),
  });
  const looks = createFirstLook(looking);
  const prober =
    tunnelProber(config, options.whole, closed.signal) ??
    createProber({
      service: config.name,
      spec: config.probe,
      approved: approvedOf(config.probe),
      record,
      nowMs: systemClock.monotonicMs,
      signal: closed.signal,
    });
  // A promise's result enters the loop as a callback; whatever is thrown on the way is a bug.
  const settle = <T>(promise: Promise<T>, done: (value: T) => void) => {
    promise.then(done).catch(options.onBug);
  };
  const progress =
    config.progress &&
    createProgressReader(config.progress, {
      fetch: globalThis.fetch,
      nowMs: systemClock.monotonicMs,
      limitMs: PROGRESS_LIMIT_MS,
    });
  const ports: GuardPorts = {
    clock: {
      ...systemClock,
      after: (delayMs, run) => systemClock.after(delayMs, () => guarded(run)),
    },
    inspect: (done) => settle(looks.inspect(), done),
    probe: (request, done) => settle(prober(request), done),
    ...(options.traffic ? { traffic: options.traffic } : {}),
    completions: progress ? (done) => settle(progress(), done) : null,
    kill: (intent, done) =>
      settle(killWithEvidence(intent, { ...options, looks }, guard.state(), closed.signal), done),
    start: options.start,
    committed: options.onDecision,
    rounded: options.onRound,
    tellWithoutRecord: options.tellWithoutRecord,
  };
  const guard = createGuard({
    service: config.name,
    bootId: bootId(),
    policy: config.policy,
    power: options.power,
    timing: options.timing,
    record,
    commit: createCommitter({
      record,
      service: config.name,
      notifiers: options.notifiers,
      policy: config.policy,
      makeRoom: options.makeRoom,
      tellWithoutRecord: options.tellWithoutRecord,
    }),
    ports,
  });

  function guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      options.onBug(error);
    }
  }

  return {
    ...guard,
    begin: () => guarded(guard.begin),
    close() {
      guard.stop();
      closed.abort();
    },
  };
}

/** What it was doing is kept first, for 3 s at most; the identity is checked after that, right before the signal. */
async function killWithEvidence(
  intent: KillIntent,
  options: Pick<ServiceGuardOptions, 'belongs' | 'keepEvidence' | 'beforeKill'> & { looks: FirstLook },
  state: GuardState,
  signal: AbortSignal,
): Promise<KillReport> {
  const { belongs, keepEvidence, beforeKill, looks } = options;
  if (belongs) await looks.succeeded(signal);
  const ports = createKillPorts(belongs ? { belongs } : {});
  if (intent.what === 'leftovers') return performKill(intent, ports);
  const kept = await keepEvidence(intent, state.unit, signal);
  await beforeKill?.(state, intent);
  const report = await performKill(intent, ports);
  return { ...report, detail: `${report.detail}; ${kept}` };
}

/** While something is wrong, more is looked at, and more often. */
function isTroubled({ life, incident }: GuardState): boolean {
  return incident !== null || (life !== null && life.firstFailureAtMs !== null);
}
