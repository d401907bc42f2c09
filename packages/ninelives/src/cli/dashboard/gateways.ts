import type { Config } from '../../config/service.js';
import type { GatewayView } from '../../dashboard/view.js';
import { gatewaySocket } from '../../gateway/place.js';
import { createPrivateClient } from '../../gateway/status/client.js';
import { type GuardRecord, RecordUnavailableError } from '../../record/record.js';
import { bookTraffic, type Ends, endsIn, TRAFFIC_NOTE, type TrafficBook } from '../../report/traffic.js';

const ASK_EVERY_MS = 1_000;
const ANSWER_LIMIT_MS = 800;
/** Counts go into the record this often, when they have changed: a durable write each. */
const BOOK_EVERY_MS = 30_000;

/** What each service's gateway holds, asked through its private socket. */
export interface Gateways {
  view(service: string): GatewayView | null;
  metrics(service: string): Promise<string | null>;
  close(): void;
}

export interface GatewaysOptions {
  config: Config;
  stateDir: string;
  record: GuardRecord;
  clock: { wallMs(): number; monotonicMs(): number };
  /** After each round. */
  changed: () => void;
}

/** Asks while it is open, and keeps what clients saw on record. */
export function watchGateways({ config, stateDir, record, clock, changed }: GatewaysOptions): Gateways {
  const clients = new Map(
    config.services
      .filter(({ gateway }) => gateway !== null)
      .map(({ name }) => [name, createPrivateClient(gatewaySocket(stateDir, name))]),
  );
  const views = new Map<string, GatewayView>();
  const bookedAtMs = new Map<string, number>();
  let timer: NodeJS.Timeout | null = null;

  function book(service: string, ends: Ends): void {
    const nowMs = clock.monotonicMs();
    if (nowMs - (bookedAtMs.get(service) ?? Number.NEGATIVE_INFINITY) < BOOK_EVERY_MS) return;
    bookedAtMs.set(service, nowMs);
    const before = (record.note(service, TRAFFIC_NOTE) ?? null) as TrafficBook | null;
    if (before && JSON.stringify(before.last) === JSON.stringify(ends)) return;
    try {
      record.setNote(service, TRAFFIC_NOTE, bookTraffic(before, ends, clock.wallMs()));
    } catch (error) {
      // A full disk costs the count, not the dashboard: the next round tries again.
      if (!(error instanceof RecordUnavailableError)) throw error;
    }
  }

  async function round(): Promise<void> {
    for (const [service, client] of clients) {
      const evidence = await client.evidence(ANSWER_LIMIT_MS);
      const text = evidence === null ? null : await client.metrics(ANSWER_LIMIT_MS);
      if (evidence === null) views.delete(service);
      else {
        const { backend, queued, inFlight, completions, longestWaitMs } = evidence;
        const ends = text === null ? null : endsIn(text);
        if (ends) book(service, ends);
        const replayed = ends?.replayed ?? null;
        const { readiness, why } = backend;
        views.set(service, { readiness, why, queued, inFlight, completions, replayed, longestWaitMs });
      }
    }
    changed();
    if (timer !== null) timer = setTimeout(() => void round(), ASK_EVERY_MS).unref();
  }
  if (clients.size > 0) timer = setTimeout(() => void round(), ASK_EVERY_MS).unref();

  return {
    view: (service) => views.get(service) ?? null,
    metrics: async (service) => (await clients.get(service)?.metrics(ANSWER_LIMIT_MS)) ?? null,
    close() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
