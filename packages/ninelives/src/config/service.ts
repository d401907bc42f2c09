import type { Policy } from '../core/policy.js';
import type { ProbeSpec } from '../probe/probe.js';
import type { Progress } from '../probe/progress.js';
import type { WatchPolicy } from '../watch/policy.js';

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

/** What stands in front of a service (see gateway/). null: the gateway's own default. */
export interface GatewaySettings {
  host: string;
  port: number;
  /** One API key a line; null: nobody is asked for one. */
  keysFile: string | null;
  perMinute: number | null;
  holdMs: number | null;
  /** Bytes. */
  bodyMax: number | null;
  replayChat: boolean;
}

/** One guarded service, validated and with every default filled in. */
export interface ServiceConfig {
  name: string;
  source: ServiceSource;
  /** The port the service listens on, or null when its URL is elsewhere. */
  port: number | null;
  probe: ProbeSpec;
  policy: Policy;
  restart: RestartSettings;
  /** Where finished work is counted at a Prometheus endpoint; null when nowhere. */
  progress: Progress | null;
  /** null: clients talk to the service itself. */
  gateway: GatewaySettings | null;
  outer: ServiceOuter;
}

/** What fails together: kind of domain to the names of the domains that something is in. */
export type Domains = { [kind in DomainKind]?: string[] };
export type DomainKind = 'process' | 'host' | 'power' | 'uplink' | 'site' | 'provider';

/** A service as seen from outside its box. */
export interface ServiceOuter {
  /** As clients reach it. */
  public: { url: string; headers: { [name: string]: string } } | null;
  /** As a machine beside the box reaches it; `url` null: only whether the box is alive. */
  lan: { host: string; port: number; url: string | null } | null;
  /** This unit is the tunnel of that service; `local`: what it leads to here (null: that service's probe). */
  tunnel: { of: string; local: string | null } | null;
  domains: Domains;
}

/** One layer of the defence, for `ninelives layers`. */
export interface LayerConfig {
  name: string;
  kind: 'guard' | 'watch' | 'beacon';
  domains: Domains;
  /** Names of the notifiers it tells people with. */
  notify: string[];
  everyMs: number;
  /** Beside the box: it can see it on the LAN. */
  lan: boolean;
  /** Who notices its silence, after `graceMs`. */
  heardBy: string[];
  graceMs: number;
  /** A beacon's own dead man's switch: a scheduled message at ntfy. `afterMs` null: as its platform's punctuality asks. */
  alarm?: { server: string; afterMs: number | null; login: boolean } | null;
}

/** The outer layers: how they look, and who they are. */
export interface OuterConfig {
  /** The name of the layer that `watch` is on this machine; null: `lan`. */
  layer: string | null;
  policy: WatchPolicy;
  controls: { name: string; owner: string; url: string; status: number | null; domains: Domains }[];
  layers: LayerConfig[];
  /** By the notifier's name. */
  notifiers: { [name: string]: Domains };
}

/** One way to tell people, with its secrets in the clear: never printed, never stored. */
export type NotifierConfig = { name: string } & (
  | { type: 'command'; argv: string[]; timeoutMs: number }
  | { type: 'webhook'; url: string; secret: string | null; headers: { [name: string]: string } }
  | { type: 'ntfy'; server: string; topic: string; token: string | null; replies: string | null }
  | {
      type: 'pushover';
      api: string;
      token: string;
      user: string;
      device: string | null;
      emergency: boolean;
    }
  | { type: 'telegram'; api: string; token: string; chat: number | string; thread: number | null }
  | { type: 'slack'; url: string }
  | { type: 'discord'; url: string }
  | { type: 'pagerduty'; api: string; routingKey: string }
  | {
      type: 'email';
      host: string;
      port: number;
      tls: 'starttls' | 'implicit' | 'none';
      user: string | null;
      password: string | null;
      from: string;
      to: string[];
      timeoutMs: number;
    }
);

/** A time in which losses are expected: every day or on some, or once. */
export type Maintenance = { services: string[] | null } & (
  | {
      /** Minutes since midnight in `zone`; an end before the beginning is on the next day. */
      fromMin: number;
      toMin: number;
      /** Days on which it begins, 0 is Sunday. */
      days: number[];
      zone: string;
    }
  | { startWallMs: number; endWallMs: number }
);

/** Who watches the watchers. Durations in ms; URLs, topics and UUIDs are secrets. */
export interface HeartbeatConfig {
  send: ({ name: string; everyMs: number } & (
    | { type: 'ping'; url: string }
    | { type: 'ntfy'; server: string; topic: string; token: string | null; afterMs: number }
  ))[];
  /** Whose silence is told after their grace. */
  from: { name: string; uuid: string; graceMs: number }[];
  listen: { host: string; port: number };
}

/** When, how often and whom: see notify/attend. Durations in ms. */
export interface PagingPolicy {
  /** By the notifier's name; one that is not here is told of everything at once. */
  routes: { [notifier: string]: { afterMs: number | null; fallback: string[] } };
  /** An open loss that nobody acknowledged is told again after this; null: never. */
  remindMs: number | null;
  /** Of whose losses; absent: of everybody's. An outer layer's own step reminds of the services it looks at. */
  reminds?: (service: string) => boolean;
  /** Not accepted for this long: the fallback gets it too. */
  fallbackAfterMs: number;
  /** A page that could not be delivered for this long is given up with its next failure. */
  giveUpMs: number;
  flapping: { incidents: number; withinMs: number; calmMs: number } | null;
  maintenance: Maintenance[];
}

/** Where the dashboard listens, and under which names it may be called. */
export interface DashboardSettings {
  host: string;
  /** 0: any that is free. */
  port: number;
  /** Was the port asked for? One that is taken is then an error; the default one only costs the dashboard. */
  explicit: boolean;
  names: string[];
}

export interface Config {
  services: ServiceConfig[];
  notifiers: NotifierConfig[];
  paging: PagingPolicy;
  heartbeats: HeartbeatConfig;
  /** Where docs/runbook.md can be read in a browser; null: only in the repository. */
  runbook: string | null;
  /** Rows of the record older than this are forgotten. */
  retentionMs: number;
  outer: OuterConfig;
  /** null: none. */
  dashboard: DashboardSettings | null;
}
