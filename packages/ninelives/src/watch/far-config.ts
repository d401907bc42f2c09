import type { NotifierConfig, PagingPolicy } from '../config/service.js';
import type { WatchTarget } from './observe.js';
import type { WatchPolicy } from './policy.js';

/**
 * What `ninelives export` puts in front of the bundle, as `const BEACON_CONFIG = {…};`. Plain JSON. Secrets are not in it:
 * where one belongs there is `${NAME}`, and NAME is a secret of the platform.
 */
export interface BeaconConfig {
  version: 1;
  layer: string;
  policy: WatchPolicy;
  targets: WatchTarget[];
  notifiers: NotifierConfig[];
  /** Of these notifiers: second in line, fallback, flapping, maintenance. */
  paging: PagingPolicy;
  /** Healthchecks-style URLs that hear of each pass: whoever misses it tells that this layer has stopped. */
  beats: string[];
  /** Its own dead man's switch: a scheduled message at ntfy that passes put off; null: none. */
  alarm: { server: string; topic: string; token: string | null; afterMs: number } | null;
  /** Whose beats are expected here: only a Worker can take them in. */
  hears: { name: string; uuid: string; graceMs: number }[];
  /** How often the platform promises to run it, ms. */
  everyMs: number;
  /** A pass that comes later than this after the one before is told. */
  lateAfterMs: number;
}

const REFERENCE = /\$\{([A-Z][A-Z0-9_]*)\}/g;

/**
 * The config with its secrets filled in.
 * @throws Error that names what is missing, and no value
 */
export function withSecrets(config: BeaconConfig, env: { [name: string]: unknown }): BeaconConfig {
  const missing = new Set<string>();
  const fill = (text: string) =>
    text.replace(REFERENCE, (_, name: string) => {
      const value = env[name];
      if (typeof value === 'string' && value !== '') return value;
      missing.add(name);
      return '';
    });
  const filled = walk(config, fill) as BeaconConfig;
  if (missing.size === 0) return filled;
  throw new Error(`secrets are not set: ${[...missing].join(', ')}. Set them where this runs; see README.md`);
}

/** The names of all secrets that a config refers to, in order. */
export function secretNames(config: BeaconConfig): string[] {
  const names = new Set<string>();
  walk(config, (text) => {
    for (const [, name] of text.matchAll(REFERENCE)) if (name !== undefined) names.add(name);
    return text;
  });
  return [...names];
}

function walk(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((each) => walk(each, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each, change)]));
}
