import type { Config, Domains, LayerConfig, ServiceConfig } from '../config/service.js';
import type { Policy } from '../core/policy.js';
import type { WatchPolicy } from '../watch/policy.js';

/** Everything that the matrix is computed from. */
export interface Defence {
  service: { name: string; domains: Domains; public: boolean };
  /** Of the unit that is its tunnel; null: nobody guards that one. */
  tunnel: Policy | null;
  layers: LayerConfig[];
  notifiers: { [name: string]: Domains };
  controls: { name: string; domains: Domains }[];
  guard: Policy;
  watch: WatchPolicy;
}

/** What the config says of each service's defence; a unit that is a tunnel is part of its service's. */
export function defencesOf(config: Config): Defence[] {
  const { services, notifiers, outer } = config;
  return services
    .filter((service) => service.outer.tunnel === null)
    .map((service) => ({
      service: { name: service.name, domains: service.outer.domains, public: service.outer.public !== null },
      tunnel: services.find((other) => other.outer.tunnel?.of === service.name)?.policy ?? null,
      layers: layersOf(service, config),
      notifiers: Object.fromEntries(notifiers.map(({ name }) => [name, outer.notifiers[name] ?? {}])),
      controls: outer.controls,
      guard: service.policy,
      watch: outer.policy,
    }));
}

/** The guard is always there, and always shares the fate of its box. */
function layersOf(service: ServiceConfig, { outer, notifiers }: Config): LayerConfig[] {
  const declared = outer.layers.find(({ kind }) => kind === 'guard');
  const guard: LayerConfig = declared ?? {
    name: 'guard',
    kind: 'guard',
    domains: {},
    notify: notifiers.map(({ name }) => name),
    everyMs: service.policy.intervalMs,
    lan: true,
    heardBy: [],
    graceMs: 15 * 60_000,
  };
  const { host, power, uplink, site } = service.outer.domains;
  const box = Object.entries({ host, power, uplink, site }).filter(([, names]) => names !== undefined);
  const domains = { ...guard.domains } as { [kind: string]: string[] };
  for (const [kind, names] of box) domains[kind] = [...new Set([...(domains[kind] ?? []), ...(names ?? [])])];
  const others = outer.layers.filter((layer) => layer !== declared);
  return [{ ...guard, domains: domains as Domains }, ...others];
}
