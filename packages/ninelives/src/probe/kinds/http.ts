import type { ProbeSpec } from '../probe.js';
import { excerpt, type Kind, OK, show, wrong } from './kind.js';

/** Settings of `kind: http` in ProbeSpec.options: any request, with assertions. */
export interface HttpOptions {
  method: string;
  /** Used where the URL has no path of its own. */
  path: string;
  /** Sent as it is; null for none. */
  body: string | null;
  /** Content type of `body`. */
  contentType: string;
  /** Accepted statuses; empty for any 2xx. */
  statuses: number[];
  contains: string | null;
  /** JSON path (`data[0].id`) to the value that must be there. */
  json: { [path: string]: unknown };
}

export const HTTP_DEFAULTS: HttpOptions = {
  method: 'GET',
  path: '/',
  body: null,
  contentType: 'application/json',
  statuses: [],
  contains: null,
  json: {},
};

export function httpOptionsOf(spec: ProbeSpec): HttpOptions {
  return { ...HTTP_DEFAULTS, ...(spec.options as Partial<HttpOptions>) };
}

export const http: Kind = {
  name: 'http',
  path: '/',

  request(spec) {
    const options = httpOptionsOf(spec);
    return {
      method: options.method,
      path: options.path,
      headers: options.body === null ? {} : { 'content-type': options.contentType },
      body: options.body,
      statuses: options.statuses,
    };
  },

  judge(answer, spec) {
    const options = httpOptionsOf(spec);
    if (options.contains !== null && !answer.text.includes(options.contains)) {
      return wrong(
        `the answer does not contain "${excerpt(options.contains, 40)}": ${excerpt(answer.text, 60)}`,
      );
    }
    const assertions = Object.entries(options.json);
    if (assertions.length === 0) return OK;
    let value: unknown;
    try {
      value = JSON.parse(answer.text);
    } catch {
      return wrong(`the answer is not JSON: ${excerpt(answer.text, 60)}`);
    }
    for (const [path, expected] of assertions) {
      const found = at(value, path);
      if (!sameJson(found, expected)) {
        return wrong(`\`${path}\` is ${show(found)}, expected ${show(expected)}`);
      }
    }
    return OK;
  },
};

/** The value at a path of names and indexes (`data[0].id`), own properties only; undefined where there is none. */
export function at(value: unknown, path: string): unknown {
  let here = value;
  for (const step of path.split(/[.[\]]+/).filter((part) => part !== '')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as { [key: string]: unknown })[step];
  }
  return here;
}

/** Equal as JSON values: the order of keys does not matter. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) &&
      sameJson((a as { [k: string]: unknown })[key], (b as { [k: string]: unknown })[key]),
  );
}
