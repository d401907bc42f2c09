import type { Config } from '../../config/service.js';
import type { Incident } from '../../core/decision.js';
import type { Clock } from '../../daemon/ports.js';
import type { Recent } from '../../dashboard/recent.js';
import type { GatewayView } from '../../dashboard/view.js';
import { gatewaySocket } from '../../gateway/place.js';
import { createPrivateClient } from '../../gateway/status/client.js';
import type { GuardRecord } from '../../record/record.js';
import type { HeldBook } from '../../report/traffic.js';
import { createClients } from './clients.js';

const ASK_EVERY_MS = 1_000;
const ANSWER_LIMIT_MS = 800;

/** What each service's gateway does for clients, asked through its private socket. */
export interface Gateways {
  view(service: string): GatewayView | null;
  /** What it has held so far in the incident that is going on. */
  held(service: string): HeldBook;
  incident(service: string, incident: Incident | null): void;
  metrics(service: string): Promise<string | null>;
  close(): void;
}

export interface GatewaysOptions {
  config: Config;
  stateDir: string;
  record: GuardRecord;
  recent: Recent;
  clock: Pick<Clock, 'monotonicMs' | 'wallMs'>;
  /** After each round. */
  changed: () => void;
}

/** Asks while it is open, and keeps what clients got on record. */
export function watchGateways(options: GatewaysOptions): Gateways {
  const { config, stateDir, record, recent, clock, changed } = options;
  const watched = new Map(
    config.services
      .filter(({ gateway }) => gateway !== null)
      .map(({ name }) => {
        const client = createPrivateClient(gatewaySocket(stateDir, name));
        return [name, { client, clients: createClients(record, name, recent) }];
      }),
  );
  let timer: NodeJS.Timeout | null = null;

  async function round(): Promise<void> {
    for (const { client, clients } of watched.values()) {
      const evidence = await client.evidence(ANSWER_LIMIT_MS);
      if (timer !== null) clients.looked(evidence, clock.wallMs());
    }
    if (timer === null) return;
    changed();
    timer = setTimeout(() => void round(), ASK_EVERY_MS).unref();
  }
  if (watched.size > 0) timer = setTimeout(() => void round(), ASK_EVERY_MS).unref();

  return {
    view: (service) => watched.get(service)?.clients.view() ?? null,
    held: (service) => watched.get(service)?.clients.held() ?? {},
    incident: (service, incident) => watched.get(service)?.clients.incident(incident, clock.monotonicMs()),
    metrics: async (service) => (await watched.get(service)?.client.metrics(ANSWER_LIMIT_MS)) ?? null,
    close() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
}
