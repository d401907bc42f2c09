import type { z } from 'zod';
import { suggestDuration } from '../duration.js';
import type { Path } from './problem.js';
import { suggest } from './suggest.js';

/** A zod issue in our words. `key`: it is about the key, not about its value. */
export interface Explained {
  path: Path;
  message: string;
  suggestion: string | null;
  key: boolean;
}

type Issue = z.core.$ZodIssue;
/** The part of a JSON Schema that is needed to know which keys a place takes. */
export interface KeySchema {
  properties?: { [key: string]: KeySchema } | undefined;
  items?: KeySchema | undefined;
  anyOf?: KeySchema[] | undefined;
}

/** Turns zod's issues into sentences with suggestions; a union's issues become those of its nearest branch. */
export function explainIssues(issues: readonly Issue[], value: unknown, keys: KeySchema): Explained[] {
  return issues.flatMap((issue) => explain(issue, [], value, keys));
}

function explain(issue: Issue, base: Path, value: unknown, keys: KeySchema): Explained[] {
  const path: Path = [...base, ...(issue.path as (string | number)[])];
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    if (issue.message === 'Invalid input') {
      return nearestBranch(issue.errors).flatMap((inner) => explain(inner, path, value, keys));
    }
    // A union with words of its own, such as the port's.
  }
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(keys, path);
    return issue.keys.map((key) => {
      const near = suggest(key, known);
      const message = near === null ? `unknown key; known here: ${known.join(', ')}` : 'unknown key';
      return { path: [...path, key], message, suggestion: near, key: true };
    });
  }
  if (issue.code === 'invalid_key') {
    return [{ path, message: issue.issues[0]?.message ?? issue.message, suggestion: null, key: true }];
  }
  const found = valueAt(value, path);
  if (issue.code === 'invalid_value') {
    const options = issue.values.map(String);
    const message = `${show(found)} is not one of: ${options.join(', ')}`;
    const near = typeof found === 'string' ? suggest(found, options) : null;
    return [
      {
        path,
        message: found === undefined ? `is missing: ${options.join(' or ')}` : message,
        suggestion: near,
        key: false,
      },
    ];
  }
  if (found === undefined) return [{ path, message: 'is missing', suggestion: null, key: false }];
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) {
    const message = `must be ${TYPE_WORDS[issue.expected] ?? issue.expected}, not ${show(found)}`;
    return [{ path, message, suggestion: null, key: false }];
  }
  const duration = issue.message.includes('duration') ? suggestDuration(String(found)) : null;
  const suggestion = duration === String(found) ? null : duration;
  return [{ path, message: issue.message, suggestion, key: false }];
}

const TYPE_WORDS: { [expected: string]: string } = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/** The branch that got furthest: fewest complaints that the value as a whole has the wrong type. */
function nearestBranch(branches: readonly (readonly Issue[])[]): readonly Issue[] {
  const wrongType = (issues: readonly Issue[]) =>
    issues.some(
      ({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'),
    );
  return branches.find((issues) => !wrongType(issues)) ?? branches[0] ?? [];
}

function knownKeys(schema: KeySchema, path: Path): string[] {
  const places = path.reduce<KeySchema[]>(
    (here, step) =>
      here
        .flatMap((place) => [place, ...(place.anyOf ?? [])])
        .map((place) => (typeof step === 'number' ? place.items : place.properties?.[step]))
        .filter((place) => place !== undefined),
    [schema],
  );
  return places
    .flatMap((place) => [place, ...(place.anyOf ?? [])])
    .flatMap((place) => Object.keys(place.properties ?? {}));
}

export function valueAt(value: unknown, path: Path): unknown {
  let here = value;
  for (const step of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as { [key: string | number]: unknown })[step];
  }
  return here;
}

function show(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return typeof value === 'string' ? `"${value.slice(0, 60)}"` : String(value);
}
