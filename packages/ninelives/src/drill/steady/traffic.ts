import type { DrillPorts } from '../ports.js';
import type { Traffic } from '../report.js';

/** How long is looked for other clients' work. */
const WINDOW_MS = 2_000;
/** A guard's probe this close to the end of the window may be counted on either side of it. */
const EDGE_MS = 250;
const LOOK_EVERY_MS = 100;
/** One look may catch a connection of the guard's just as it closes; a client is seen again. */
const SIGHTINGS_NEEDED = 2;
/** A kept connection is no traffic when its last answer is this old; a stream may pause for a while before its first word. */
const REST_MS = 10_000;

type TrafficPorts = Pick<DrillPorts, 'clock' | 'record' | 'completions' | 'foreignClients'>;

/**
 * Is anybody else using the service just now? We send nothing meanwhile. By the server's own counter of finished
 * work, less what the guard's probes account for; without a counter by the connections to its port that are not at rest.
 * @param probeCost what one probe adds to the counter; null when that is not known
 */
export async function lookForTraffic(
  service: string,
  probeCost: number | null,
  ports: TrafficPorts,
  signal: AbortSignal,
): Promise<Traffic> {
  const { clock, record, completions } = ports;
  const fromWallMs = clock.wallMs();
  const before = probeCost === null || !completions ? null : await completions();
  const sightings = await watchConnections(ports, signal);
  const after = typeof before === 'number' && completions ? await completions() : null;
  if (typeof before === 'number' && typeof after === 'number' && probeCost !== null) {
    const untilWallMs = clock.wallMs() + EDGE_MS;
    await clock.sleep(EDGE_MS, signal);
    const probes = record
      .samples(service, fromWallMs)
      .filter((sample) => sample.reason === 'ok' && sample.wallMs <= untilWallMs).length;
    return judgeCounter(after - before, probes * probeCost, WINDOW_MS);
  }
  return judgeConnections(sightings);
}

/** What was seen of other clients' connections, look by look. */
interface Sightings {
  /** Looks at which somebody was at work. */
  working: number;
  /** The most connections at rest at one look. */
  resting: number;
}

export function judgeConnections(seen: Sightings | null): Traffic {
  if (seen === null) return { seen: 'not-measurable', text: 'other traffic is not measurable here' };
  const { working, resting } = seen;
  if (working >= SIGHTINGS_NEEDED) {
    return { seen: 'some', text: `other clients are connected (seen ${working} times)` };
  }
  if (resting === 0) return { seen: 'none', text: 'no other connections' };
  return { seen: 'none', text: `no other traffic (connections kept, and at rest: ${resting})` };
}

/** @param moved by how much the counter rose; @param explained how much of that is the guard's */
export function judgeCounter(moved: number, explained: number, windowMs: number): Traffic {
  const others = moved - explained;
  if (others <= 0) return { seen: 'none', text: 'no other traffic' };
  const seconds = (windowMs / 1000).toFixed(0);
  return { seen: 'some', text: `${others} pieces of work in ${seconds} s that are not ours` };
}

async function watchConnections(
  { clock, foreignClients }: TrafficPorts,
  signal: AbortSignal,
): Promise<Sightings | null> {
  const untilMs = clock.monotonicMs() + WINDOW_MS;
  const seen: Sightings = { working: 0, resting: 0 };
  let looked = false;
  while (clock.monotonicMs() < untilMs && !signal.aborted) {
    const clients = await foreignClients(REST_MS);
    if (clients !== null) looked = true;
    if (clients && clients.working > 0) seen.working += 1;
    seen.resting = Math.max(seen.resting, clients?.resting ?? 0);
    await clock.sleep(LOOK_EVERY_MS, signal);
  }
  return looked ? seen : null;
}
