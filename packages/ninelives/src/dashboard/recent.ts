import type { ClientPoint, ProbePoint } from './history.js';

/** The last minutes, look by look: finer than the record's minutes, and gone with this process. */
export interface Recent {
  probed(service: string, point: ProbePoint): void;
  answered(service: string, point: ClientPoint): void;
  of(service: string): { probes: ProbePoint[]; clients: ClientPoint[] };
}

export const RECENT_MS = 10 * 60_000;
/** A probe every 100 ms is more than anybody asks for. */
const POINTS_MAX = 6_000;

export function createRecent(): Recent {
  const probes = new Map<string, ProbePoint[]>();
  const clients = new Map<string, ClientPoint[]>();
  return {
    probed: (service, point) => add(probes, service, point),
    answered: (service, point) => add(clients, service, point),
    of: (service) => ({ probes: probes.get(service) ?? [], clients: clients.get(service) ?? [] }),
  };
}

function add<T extends { wallMs: number }>(rows: Map<string, T[]>, service: string, point: T): void {
  const known = rows.get(service) ?? [];
  rows.set(service, known);
  known.push(point);
  // Old ones go in one piece now and then, not one with every look.
  if (known.length < POINTS_MAX && point.wallMs - (known[0]?.wallMs ?? 0) < 2 * RECENT_MS) return;
  const kept = known.filter(({ wallMs }) => point.wallMs - wallMs < RECENT_MS).slice(-POINTS_MAX / 2);
  rows.set(service, kept);
}
