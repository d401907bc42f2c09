import path from 'node:path';
import { DEFAULT_WATCH_POLICY } from '../watch/policy.js';
import { NTFY_SERVER } from './defaults.js';
import type { RawNotifier } from './schema/notify.js';
import type { RawConfig, RawService } from './schema/schema.js';
import type { Report } from './sense.js';
import type { Domains, LayerConfig, OuterConfig, ServiceConfig, ServiceOuter } from './service.js';
import { readSecretFile } from './source/files.js';

/** Three owners with nothing in common; each answers without a key, for ever, with a status no log-in page gives. */
const DEFAULT_CONTROLS: OuterConfig['controls'] = [
  { name: 'gstatic.com', owner: 'google', url: 'https://www.gstatic.com/generate_204', status: 204 },
  {
    name: 'connectivity-check.ubuntu.com',
    owner: 'canonical',
    url: 'http://connectivity-check.ubuntu.com/',
    status: 204,
  },
  {
    name: 'detectportal.firefox.com',
    owner: 'mozilla',
    url: 'https://detectportal.firefox.com/success.txt',
    status: 200,
  },
].map((control) => ({ ...control, domains: { provider: [control.owner] } }));

const EVERY_MS = { guard: 2_000, watch: DEFAULT_WATCH_POLICY.everyMs, beacon: 5 * 60_000 } as const;
const GRACE_MS = 15 * 60_000;

type RawDomains = NonNullable<RawService['domains']>;

/** What one service says of the world outside its box. Files are read here, relative to `folder`. */
export function resolveServiceOuter(service: RawService, folder: string, report: Report): ServiceOuter {
  const { public: way, lan, tunnel, domains } = service;
  const headers = { ...way?.headers };
  if (way?.bearer_file !== undefined) {
    const read = readSecretFile(path.resolve(folder, way.bearer_file));
    if ('secret' in read) headers.authorization = `Bearer ${read.secret}`;
    else report(['public', 'bearer_file'], read.problem);
  }
  if (lan !== undefined && (lan.url === undefined) === (lan.address === undefined)) {
    report(['lan'], 'needs either `url` or `address`');
  }
  if (tunnel !== undefined && service.unit === undefined && service.command === undefined) {
    report(['tunnel'], 'belongs to `unit` or `command`: what is the tunnel here?');
  }
  return {
    public: way === undefined ? null : { url: way.url, headers },
    lan: lan === undefined ? null : lanOf(lan),
    tunnel: tunnel === undefined ? null : { of: tunnel.of, local: tunnel.local ?? null },
    domains: domainsOf(domains),
  };
}

function lanOf({
  url,
  address,
}: {
  url?: string | undefined;
  address?: string | undefined;
}): ServiceOuter['lan'] {
  const { hostname, port, protocol } = new URL(url ?? `tcp://${address}`);
  return { host: hostname, port: Number(port || (protocol === 'https:' ? 443 : 80)), url: url ?? null };
}

/** The probe of a tunnel is the public way of what it carries: see watch/tunnel.ts. */
export function linkTunnels(services: ServiceConfig[], report: Report): ServiceConfig[] {
  return services.map((service, index) => {
    const { tunnel } = service.outer;
    if (tunnel === null) return service;
    const carried = services.find(({ name, outer }) => name === tunnel.of && outer.tunnel === null);
    const way = carried?.outer.public;
    if (!carried || !way) {
      const why = carried
        ? `${tunnel.of} does not say where clients reach it (public)`
        : `no service is called ${tunnel.of}`;
      report([index, 'tunnel', 'of'], why);
      return service;
    }
    const headers = { ...carried.probe.headers, ...way.headers };
    const probe = { ...carried.probe, url: way.url, headers, cheapPaths: [] };
    return { ...service, probe, progress: null, gateway: null };
  });
}

/** The outer layers, with every default; what does not fit together is reported. `report` is at the top of the file. */
export function resolveOuter(
  raw: Pick<RawConfig, 'watch' | 'layers' | 'notify'>,
  report: Report,
): OuterConfig {
  const { watch = {}, layers = [], notify = [] } = raw;
  const notifiers = notify.map(({ name }) => name);
  const base = DEFAULT_WATCH_POLICY;
  const controls = watch.controls?.map(({ name, owner, url, status, domains }) => ({
    name: name ?? new URL(url).hostname,
    owner,
    url,
    status: status ?? null,
    domains: domainsOf(domains),
  }));
  if (controls && new Set(controls.map(({ owner }) => owner)).size < 2) {
    report(['watch', 'controls'], 'needs two targets of different owners: one alone may fail by itself');
  }
  const resolved = layers.map(
    (layer): LayerConfig => ({
      name: layer.name,
      kind: layer.kind,
      domains: domainsOf(layer.domains),
      notify: layer.notify ?? notifiers,
      everyMs:
        layer.every ?? (layer.kind === 'watch' ? (watch.every ?? EVERY_MS.watch) : EVERY_MS[layer.kind]),
      lan: layer.lan ?? layer.kind === 'watch',
      heardBy: heardBy(layer),
      graceMs: layer.grace ?? GRACE_MS,
      alarm: alarmOf(layer),
    }),
  );
  judgeLayers(resolved, notifiers, report);
  const everyMs = watchEvery(watch, layers, report) ?? base.everyMs;
  if (watch.confirm !== undefined && watch.confirm > everyMs) {
    report(
      ['watch', 'confirm'],
      'is longer than  every: a failure is looked at again sooner than that, not later',
    );
  }
  return {
    layer: watch.layer ?? null,
    policy: {
      everyMs,
      confirmMs: watch.confirm ?? Math.min(base.confirmMs, everyMs),
      failureThreshold: watch.failure_threshold ?? base.failureThreshold,
      successThreshold: watch.success_threshold ?? base.successThreshold,
      remindMs: watch.remind ?? base.remindMs,
      deadlineMs: watch.deadline ?? base.deadlineMs,
      tlsWarnMs: watch.tls_warn ?? base.tlsWarnMs,
    },
    controls: controls ?? DEFAULT_CONTROLS,
    layers: resolved,
    notifiers: Object.fromEntries(notify.map((notifier) => [notifier.name, notifierDomains(notifier)])),
  };
}

/** How often  ninelives watch  looks: what its layer promises to  ninelives layers  is what it does. */
function watchEvery(
  { layer = 'lan', every }: NonNullable<RawConfig['watch']>,
  layers: RawLayer[],
  report: Report,
): number | undefined {
  const index = layers.findIndex(({ name, kind }) => kind === 'watch' && name === layer);
  const promised = layers[index]?.every;
  if (every !== undefined && promised !== undefined && every !== promised) {
    report(['layers', index, 'every'], 'is not what  watch.every  says: say it once');
  }
  return every ?? promised;
}

/** Who has to be there for a page to leave: what is said, else the company or host that its kind needs. */
function notifierDomains({ domains, ...notifier }: RawNotifier): Domains {
  if (domains !== undefined) return domainsOf(domains);
  const host = hostOf(notifier);
  return host === null ? {} : { provider: [host] };
}

const HOSTED = { pushover: 'pushover.net', telegram: 'telegram.org', slack: 'slack.com' } as const;

function hostOf(notifier: Omit<RawNotifier, 'domains'>): string | null {
  const { webhook, ntfy, discord, pagerduty, email } = notifier;
  if (webhook) return new URL(webhook.url).hostname;
  if (ntfy) return new URL(ntfy.server ?? NTFY_SERVER).hostname;
  if (discord) return 'discord.com';
  if (pagerduty) return 'pagerduty.com';
  if (email) return email.host;
  const kind = (['pushover', 'telegram', 'slack'] as const).find((key) => notifier[key] !== undefined);
  return kind ? HOSTED[kind] : null;
}

type RawLayer = NonNullable<RawConfig['layers']>[number];

function alarmOf({ alarm }: RawLayer): NonNullable<LayerConfig['alarm']> | null {
  if (!alarm) return null;
  const server = (alarm.server ?? NTFY_SERVER).replace(/\/+$/, '');
  return { server, afterMs: alarm.after ?? null, login: alarm.login ?? false };
}

/** Whoever holds its alarm notices its silence too. */
function heardBy(layer: RawLayer): string[] {
  const alarm = alarmOf(layer);
  return [...new Set([...(layer.heard_by ?? []), ...(alarm ? [new URL(alarm.server).hostname] : [])])];
}

function judgeLayers(layers: LayerConfig[], notifiers: string[], report: Report): void {
  const known = layers.map(({ name }) => name);
  for (const [index, { name, notify, heardBy }] of layers.entries()) {
    const stranger = heardBy.find((by) => !known.includes(by) && !by.includes('.'));
    if (stranger !== undefined) {
      const message = `no layer is called ${stranger}; a heartbeat service is named by its host (healthchecks.io)`;
      report(['layers', index, 'heard_by'], message);
    }
    if (layers.findIndex((other) => other.name === name) !== index) {
      report(['layers', index, 'name'], 'another layer has the same name');
    }
    if (layers[index]?.alarm && layers[index]?.kind !== 'beacon') {
      report(['layers', index, 'alarm'], 'is for a beacon; this one says it under  heartbeats.send');
    }
    const unknown = notify.find((notifier) => !notifiers.includes(notifier));
    if (unknown !== undefined) report(['layers', index, 'notify'], `no notifier is called ${unknown}`);
  }
}

export function domainsOf(raw: RawDomains | undefined): Domains {
  const given = Object.entries(raw ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([key, value]) => [key, [value].flat()])) as Domains;
}
