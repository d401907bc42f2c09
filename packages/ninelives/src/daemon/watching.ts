import type { Config, ServiceConfig } from '../config/service.js';
import { DEFAULT_POLICY } from '../core/policy.js';
import { MACHINE } from '../host/reach.js';
import { systemClock } from '../host/system-clock.js';
import { decisionOf, watchStateOf } from '../watch/kept.js';
import type { WatchTarget } from '../watch/observe.js';
import { observe } from '../watch/observe.js';
import { CERTIFICATE_EVERY_MS, type WatchPolicy } from '../watch/policy.js';
import { initialWatchState, type WatchState } from '../watch/state.js';
import { type WatchDecision, watchOperate, watchStep } from '../watch/step.js';
import { createCommitter } from './commit.js';
import { SetupError } from './errors.js';
import type { House } from './house.js';
import { approvedOf } from './probing.js';

/** One service, watched from this machine. */
export interface Watcher {
  /** One look, decided and committed; the answer is what it came to. */
  look(signal: AbortSignal): Promise<WatchDecision>;
  state(): WatchState;
}

/**
 * The straight line of an outer layer: look, step, commit; the outbox tells. It has no hands: nothing here can signal.
 * @throws SetupError when the folder is a guard's.
 */
export function createWatcher(
  target: WatchTarget,
  policy: WatchPolicy,
  layer: string,
  house: House,
): Watcher {
  const { service } = target;
  const { record, reserve } = house;
  const stored = record.load(service)?.state ?? null;
  const kept = stored && watchStateOf(stored);
  if (stored && !kept) {
    throw new SetupError(
      'STATE_IN_USE',
      `a guard keeps ${service} in this state folder`,
      'name another: --state DIR',
    );
  }
  let state = kept && kept.layer === layer ? kept : initialWatchState(service, layer);
  const commit = createCommitter({
    record,
    service,
    notifiers: house.told,
    policy: DEFAULT_POLICY,
    makeRoom: reserve.makeRoom,
    tellWithoutRecord: () => {}, // only a kill would be told so, and there is none
  });

  function at() {
    return { atMs: systemClock.monotonicMs(), wallMs: systemClock.wallMs() };
  }

  function readInbox(): void {
    for (const { id, command, by } of record.inbox(service)) {
      const decision = watchOperate(state, command.type, by, at());
      commit(decisionOf(decision), [id]);
      state = decision.state;
    }
  }

  return {
    state: () => state,
    async look(signal) {
      readInbox();
      const { wallMs } = at();
      const since = wallMs - (state.certificateLookWallMs ?? 0);
      const options = {
        deadlineMs: policy.deadlineMs,
        attempt: Math.floor(wallMs / 1_000),
        certificate: since >= CERTIFICATE_EVERY_MS || since < 0,
        signal,
      };
      const seen = await observe(target, MACHINE, options);
      // Called off in the middle: what came of it says nothing.
      const decision = watchStep(state, seen, at(), policy);
      if (signal.aborted) return { ...decision, state, events: [], incidents: [], pages: [] };
      commit(decisionOf(decision), []);
      state = decision.state;
      return decision;
    },
  };
}

/** The services that have a public way, as this machine sees them. @throws SetupError when there is none. */
export function watchTargets(config: Config): WatchTarget[] {
  const targets = config.services
    .filter(({ outer }) => outer.public !== null)
    .map((service) => targetOf(service, config));
  if (targets.length > 0) return targets;
  throw new SetupError(
    'NOTHING_TO_WATCH',
    'no service says where clients reach it',
    'add  public: { url: https://… }  to the service in ninelives.yaml',
  );
}

export function targetOf(service: ServiceConfig, config: Config): WatchTarget {
  const { name, probe, outer } = service;
  const { public: way, lan } = outer;
  const { host = '', port = 0, url = null } = lan ?? {};
  return {
    service: name,
    probe: { ...probe, url: way?.url ?? probe.url, headers: { ...probe.headers, ...way?.headers } },
    approved: approvedOf(probe),
    controls: config.outer.controls,
    lan: lan && { host, port, probe: url === null ? null : { ...probe, url } },
  };
}
