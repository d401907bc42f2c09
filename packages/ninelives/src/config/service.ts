import type { Policy } from '../core/policy.js';
import type { ProbeSpec } from '../probe/probe.js';

/** systemd's restart settings, as the embedded supervisor follows them. Durations in ms. */
export interface RestartSettings {
  policy: 'no' | 'on-failure' | 'on-abnormal' | 'on-abort' | 'always';
  restartMs: number;
  startLimitBurst: number;
  startLimitIntervalMs: number;
  /** How long the processes get after SIGTERM (and SIGCONT) before SIGKILL. */
  stopTimeoutMs: number;
}

/** Who runs the service. */
export type ServiceSource =
  | { type: 'embedder'; settings: { [key: string]: unknown } }
  | { type: 'command'; argv: string[]; cwd: string | null; env: { [name: string]: string } }
  | { type: 'unit'; unit: string; user: boolean };

/** One guarded service, validated and with every default filled in. */
export interface ServiceConfig {
  name: string;
  source: ServiceSource;
  /** The port the service listens on, or null when its URL is elsewhere. */
  port: number | null;
  probe: ProbeSpec;
  policy: Policy;
  restart: RestartSettings;
  /** A counter at a Prometheus endpoint that moves exactly when work gets done; null when there is none. */
  progress: { url: string; counter: string } | null;
}

export type NotifierConfig =
  | { type: 'command'; name: string; argv: string[]; timeoutMs: number }
  | {
      type: 'webhook';
      name: string;
      url: string;
      secret: string | null;
      headers: { [name: string]: string };
    };

export interface Config {
  services: ServiceConfig[];
  notifiers: NotifierConfig[];
  /** Rows of the record older than this are forgotten. */
  retentionMs: number;
}
