import type { GuardState } from '../core/decision.js';
import type { GuardRecord } from '../record/record.js';
import type { StripCell } from './model.js';
import { serviceReport } from './service.js';

/** All that strangers get to know of a service: no sentence, no address, no pid, no reason. */
export interface PublicService {
  name: string;
  state: 'up' | 'degraded' | 'down' | 'unknown';
  /** Over 72 h by real work, drills apart; null where nothing was measured. */
  availability: number | null;
  /** Incidents of 72 h that ended by themselves or by a kill; drills are none. */
  healed: number;
  strip: StripCell[];
}

const RANGE_MS = 72 * 60 * 60_000;
/** Three quarters of an hour each. */
const CELLS = 96;
/** Older than this, the record says how it was, not how it is. */
const STALE_MS = 3 * 60_000;

export function publicServices(record: GuardRecord, nowWallMs: number): PublicService[] {
  const window = { from: nowWallMs - RANGE_MS, to: nowWallMs };
  return record.services().flatMap((service) => {
    const state = record.load(service)?.state;
    if (!state || 'heartbeat' in state) return []; // another layer's heart is no service
    const minutes = record.minutes(service, window.from);
    const incidents = record.incidents({ service, sinceWallMs: window.from });
    const traffic = { measured: false, why: '' } as const;
    const facts = {
      state,
      minutes,
      incidents,
      events: [],
      drills: [],
      traffic,
      held: {},
      layers: { layers: [], matrix: [] },
    };
    const { availability, strip } = serviceReport(facts, window, CELLS);
    const fresh = nowWallMs - (minutes.at(-1)?.lastWallMs ?? 0) <= STALE_MS;
    const healed = incidents.filter(({ drill, status }) => !drill && status === 'resolved').length;
    return [
      {
        name: service,
        state: fresh ? stateOf(state) : 'unknown',
        availability: availability.ratio,
        healed,
        strip,
      },
    ];
  });
}

function stateOf({ verdict, incident }: GuardState): PublicService['state'] {
  if (incident) return verdict.kind === 'serving' ? 'degraded' : 'down';
  if (verdict.kind === 'serving') return 'up';
  return ['unseen', 'unknown'].includes(verdict.kind) ? 'unknown' : 'degraded';
}
