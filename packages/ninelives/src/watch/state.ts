import type { Incident, Verdict } from '../core/decision.js';
import type { At } from '../core/types.js';

/** Everything an outer layer keeps about one service. Plain JSON: SQLite on a machine, a Durable Object off-site. */
export interface WatchState {
  version: 1;
  service: string;
  /** The layer's own name; part of every id that it gives, so that two layers never use the same. */
  layer: string;
  desired: 'guarded' | 'paused';
  verdict: Verdict;
  /** Looks of each result in a row; one of another kind ends the row. */
  failures: number;
  passes: number;
  blindLooks: number;
  /** First of the row of failures. */
  firstFailure: At | null;
  /** First of the row of blind looks. */
  blindSinceWallMs: number | null;
  incident: Incident | null;
  lastIncidentId: string | null;
  /** When the open incident was last told. */
  toldWallMs: number;
  lastLookWallMs: number | null;
  certificateLookWallMs: number | null;
  /** `<end of the certificate>/<warning>` that were told. */
  certificateTold: string[];
}

export function initialWatchState(service: string, layer: string): WatchState {
  return {
    version: 1,
    service,
    layer,
    desired: 'guarded',
    verdict: { kind: 'unseen', sentence: `${service}: not looked at yet` },
    failures: 0,
    passes: 0,
    blindLooks: 0,
    firstFailure: null,
    blindSinceWallMs: null,
    incident: null,
    lastIncidentId: null,
    toldWallMs: 0,
    lastLookWallMs: null,
    certificateLookWallMs: null,
    certificateTold: [],
  };
}
