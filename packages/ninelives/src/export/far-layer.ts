import type { Config, LayerConfig, NotifierConfig, PagingPolicy } from '../config/service.js';
import { notifiersOf } from '../layers/telling.js';
import { firstLine } from '../notify/attend/attend.js';
import { WEB_MAKERS } from '../notify/web/table.js';
import { type BeaconConfig, secretNames } from '../watch/far-config.js';
import type { WatchTarget } from '../watch/observe.js';

/** Notifiers that need nothing but fetch: a command needs a machine, and e-mail a socket. */
const FAR_NOTIFIERS = Object.keys(WEB_MAKERS);

/** Texts of a notifier that anybody may read. */
const PLAIN = ['server', 'api'];

/** What can't be exported, and what to change. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }
}

/** One off-site layer, ready to be written: no secret in it, only their names. */
export interface FarLayer {
  beacon: BeaconConfig;
  secrets: string[];
  /** Notifiers that only work on a machine, and so stay behind. */
  left: string[];
  /** Layers that are to be heard here, and can't: what runs from time to time has no ear. */
  unheard: string[];
}

export interface FarOptions {
  /** Which of the layers of kind beacon; null: the only one, or `off`. */
  layer: string | null;
  /** How often the platform runs it; null: as the config says. */
  everyMs: number | null;
  lateAfterMs: (everyMs: number) => number;
  /** Can pings reach it at any time? */
  hears: boolean;
}

/**
 * The config of an off-site layer. Every text of a notifier (but name, type, server) and every header is taken for a secret
 * and replaced by a reference (`${BEACON_PHONE_URL}`): an ntfy topic or a Slack URL is one as much as a token is.
 * @throws ExportError when there is nothing to watch or nobody could be told
 */
export function farLayerOf(config: Config, targets: WatchTarget[], options: FarOptions): FarLayer {
  const layer = layerNamed(config, options.layer);
  const everyMs = options.everyMs ?? layer.everyMs;
  const wanted = notifiersOf(config, layer.name);
  const far = wanted.filter(({ type }) => FAR_NOTIFIERS.includes(type));
  if (far.length === 0) {
    throw new ExportError(
      `layer ${layer.name} could tell nobody: it needs a notifier of kind ${FAR_NOTIFIERS.join(', ')}`,
      'add one under  notify:  in ninelives.yaml, with a provider that the other layers do not need',
    );
  }
  const policy = {
    ...config.outer.policy,
    everyMs,
    confirmMs: Math.min(config.outer.policy.confirmMs, everyMs),
  };
  const hearts = config.outer.layers.filter(({ heardBy }) => heardBy.includes(layer.name));
  const hears = hearts.map(({ name, graceMs }) => ({
    name,
    uuid: reference('BEACON', 'HEARS', name),
    graceMs,
  }));
  const lateAfterMs = options.lateAfterMs(everyMs);
  const beacon: BeaconConfig = {
    version: 1,
    layer: layer.name,
    policy,
    targets: targets.map(farTarget),
    notifiers: far.map(withoutSecrets),
    paging: pagingOf(
      config.paging,
      far.map(({ name }) => name),
    ),
    beats: layer.heardBy
      .filter((by) => by.includes('.') && by !== alarmHost(layer))
      .map((by) => reference('BEACON', 'BEAT', by)),
    alarm: alarmOf(layer, lateAfterMs),
    hears: options.hears ? hears : [],
    everyMs,
    lateAfterMs,
  };
  const left = wanted.filter((notifier) => !far.includes(notifier)).map(({ name }) => name);
  const unheard = options.hears ? [] : hearts.map(({ name }) => name);
  return { beacon, secrets: secretNames(beacon), left, unheard };
}

/** Of those that go there: who is left without a first line or a fallback there takes what there is. */
function pagingOf(paging: PagingPolicy, names: string[]): PagingPolicy {
  const routes = Object.fromEntries(
    names.map((name) => {
      const { afterMs = null, fallback = [] } = paging.routes[name] ?? {};
      return [name, { afterMs, fallback: fallback.filter((next) => names.includes(next)) }];
    }),
  );
  if (firstLine(names, { routes }).length > 0) return { ...paging, routes };
  return {
    ...paging,
    routes: Object.fromEntries(names.map((name) => [name, { afterMs: null, fallback: [] }])),
  };
}

function alarmHost({ alarm }: LayerConfig): string | null {
  return alarm ? new URL(alarm.server).hostname : null;
}

/** No sooner than its scheduler is known to be late by, else it goes off although all is well. */
function alarmOf({ alarm }: LayerConfig, lateAfterMs: number): BeaconConfig['alarm'] {
  if (!alarm) return null;
  const { server, login } = alarm;
  const token = login ? reference('BEACON', 'ALARM', 'TOKEN') : null;
  const afterMs = alarm.afterMs ?? Math.max(2 * 3_600_000, lateAfterMs);
  return { server, topic: reference('BEACON', 'ALARM', 'TOPIC'), token, afterMs };
}

function layerNamed({ outer, notifiers }: Config, name: string | null): LayerConfig {
  const beacons = outer.layers.filter(({ kind }) => kind === 'beacon');
  const found = name === null ? beacons : beacons.filter((layer) => layer.name === name);
  if (found.length > 1) {
    const names = found.map((layer) => layer.name).join(', ');
    throw new ExportError(
      `there are several off-site layers: ${names}`,
      `name one: --layer ${found[0]?.name}`,
    );
  }
  if (found[0]) return found[0];
  if (name !== null && beacons.length > 0) {
    throw new ExportError(`no layer of kind beacon is called ${name}`, 'see  ninelives layers');
  }
  const notify = notifiers.map((notifier) => notifier.name);
  const rest = { domains: {}, notify, everyMs: 5 * 60_000, lan: false, heardBy: [], graceMs: 15 * 60_000 };
  return { ...rest, name: name ?? 'off', kind: 'beacon' };
}

/** From far there is no LAN, and which of the cheap endpoints lie is the guard's to say. */
function farTarget(target: WatchTarget): WatchTarget {
  const { service, probe } = target;
  const headers = Object.fromEntries(
    Object.keys(probe.headers).map((name) => [name, reference('BEACON', service, name)]),
  );
  // A guarded box never sees these; off-site a control target must be reached by fetch alone.
  const controls = target.controls.filter(({ url }) => !url.startsWith('tcp:'));
  if (new Set(controls.map(({ owner }) => owner)).size < 2) {
    throw new ExportError(
      'off-site, two control targets of different owners must be http(s)',
      'add them to  watch.controls',
    );
  }
  return { ...target, lan: null, controls, probe: { ...probe, cheapPaths: [], headers } };
}

function withoutSecrets(notifier: NotifierConfig): NotifierConfig {
  const hide = (value: unknown, path: string[]): unknown => {
    if (typeof value === 'string') {
      return PLAIN.includes(path.at(-1) ?? '') ? value : reference('BEACON', ...path);
    }
    if (Array.isArray(value)) return value.map((each, index) => hide(each, [...path, String(index)]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hide(each, [...path, key])]));
  };
  const { name, type, ...rest } = notifier;
  return { name, type, ...(hide(rest, [name]) as object) } as NotifierConfig;
}

function reference(...words: string[]): string {
  const name = words.map((word) => word.replace(/[^A-Za-z0-9]+/g, '_').toUpperCase()).join('_');
  return `\${${name}}`;
}
