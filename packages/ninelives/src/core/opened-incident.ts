import type { Incident } from './decision.js';
import type { At } from './types.js';

/** What one layer knows that another does not; the rest of a new incident is the same everywhere. */
export type Opening = Pick<
  Incident,
  'id' | 'service' | 'kind' | 'sentence' | 'firstFailureAtMs' | 'firstFailureWallMs'
> & { drill?: Incident['drill'] };

/** An incident as it begins: open, untouched, and nobody on it yet. */
export function openedIncident({ drill = null, ...opening }: Opening, at: At): Incident {
  return {
    ...opening,
    status: 'open',
    drill,
    openedAtMs: at.atMs,
    openedWallMs: at.wallMs,
    killedAtMs: null,
    restartedAtMs: null,
    servingAtMs: null,
    resolvedAtMs: null,
    resolvedWallMs: null,
    kills: 0,
    escalations: [],
    acknowledgedBy: null,
  };
}
