import type { GuardRecord } from '../record/record.js';
import type { HeldBook } from '../report/traffic.js';
import type { ClientPoint, ProbePoint } from './history.js';
import type { ActionAnswer, ActionRequest, GatewayView } from './view.js';

export interface DashboardOptions {
  host: string;
  /** 0: any that is free. */
  port: number;
  /** Further names under which a proxy of the user's own hands requests on. */
  names: string[];
  /** Lets its holder act; null: nobody may. */
  token: string | null;
  record: GuardRecord;
  ports: DashboardPorts;
}

export interface DashboardPorts {
  wallMs(): number;
  monotonicMs(): number;
  after(delayMs: number, run: () => void): () => void;
  gateway(service: string): GatewayView | null;
  /** What its gateway has held so far in the incident that is going on. */
  held(service: string): HeldBook;
  /** The last ten minutes, look by look. */
  recent(service: string): { probes: ProbePoint[]; clients: ClientPoint[] };
  /** Prometheus' text of the guard. */
  metrics(): string;
  /** That of a service's gateway; null when there is none. */
  gatewayMetrics(service: string): Promise<string | null>;
  faults: string[];
  perform(action: ActionRequest): Promise<ActionAnswer>;
  onBug(error: unknown): void;
}
