import type { ServiceConfig } from '../../config/service.js';
import type { GuardState } from '../../core/decision.js';
import type { GuardRecord, StoredEvent } from '../../record/record.js';
import type { Scene } from '../faults/fault.js';
import type { Deed } from '../report.js';

/** Reads the guard's story as it is committed. */
export interface SceneWatch {
  look(deeds: readonly Deed[]): Scene;
}

/** @param state as the guard has just committed it, before anything was done */
export function watchScene(options: {
  record: GuardRecord;
  config: ServiceConfig;
  state: GuardState;
  nowMs: () => number;
}): SceneWatch {
  const { record, config, nowMs } = options;
  const service = config.name;
  let state = options.state;
  let version: number | null = null;
  let lastId = record.events({ service, limit: 1 }).at(-1)?.id ?? 0;
  const events: StoredEvent[] = [];
  return {
    look(deeds) {
      const now = record.version();
      if (now !== version) {
        version = now;
        state = record.load(service)?.state ?? state;
        const fresh = record.events({ service, sinceId: lastId });
        lastId = fresh.at(-1)?.id ?? lastId;
        events.push(...fresh);
      }
      // A probe may have failed for another reason a moment before.
      const fromMs = deeds[0]?.atMs ?? Number.POSITIVE_INFINITY;
      return {
        deeds,
        events: events.filter((event) => event.atMs >= fromMs),
        state,
        policy: config.policy,
        restart: config.restart,
        nowMs: nowMs(),
      };
    },
  };
}
