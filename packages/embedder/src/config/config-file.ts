import { readFileSync } from 'node:fs';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { EmbedderError, messageOf } from '../errors.js';
import { defaultConfig, type EmbedderConfig } from './config.js';
import { type ConfigFile, configSchema } from './schema.js';

/** Reads a YAML config over the defaults; throws CONFIG_INVALID with every fault's file, line and remedy. */
export function readConfigFile(file: string): EmbedderConfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const hint =
      'give a file that exists: --config FILE.yaml (a sample: config.example.yaml in this package)';
    throw new EmbedderError(
      'CONFIG_INVALID',
      `the config file ${file} cannot be read: ${messageOf(error)}`,
      hint,
      error,
    );
  }
  return parseConfig(text, file);
}

/** As readConfigFile, for text already read; `file` is only named in errors. */
export function parseConfig(text: string, file: string): EmbedderConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const lineOf = (offset: number): number => lines.linePos(offset).line;
  const broken = document.errors.map((error) => `${file}:${lineOf(error.pos[0])}: ${error.message}`);
  if (broken.length > 0) throw invalid(file, broken);
  const result = configSchema.safeParse(document.toJS() ?? {});
  if (result.success) return withDefaults(result.data);
  const faults = result.error.issues.flatMap((issue) => {
    const place = (path: readonly PropertyKey[]): string => {
      const offset = keyOffset(document, path);
      return `${file}${offset === undefined ? '' : `:${lineOf(offset)}`}`;
    };
    if (issue.code !== 'unrecognized_keys') return [`${place(issue.path)}: ${describe(issue)}`];
    return issue.keys.map((key) => `${place([...issue.path, key])}: ${unknownKey(issue.path, key)}`);
  });
  throw invalid(file, faults);
}

function invalid(file: string, faults: readonly string[]): EmbedderError {
  const message = `the config has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`;
  return new EmbedderError('CONFIG_INVALID', message, `edit ${file} and start again`);
}

type Document = ReturnType<typeof parseDocument>;

/** Where the key at `path` stands in the text; a fault in a missing part is shown at the nearest part that is there. */
function keyOffset(document: Document, path: readonly PropertyKey[]): number | undefined {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const parent: unknown = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1), true);
    const items = (parent as { items?: { key?: unknown; range?: unknown }[] } | null)?.items;
    const last = path[depth - 1];
    const entry =
      typeof last === 'number' ? items?.[last] : items?.find((pair) => String(pair.key) === String(last));
    const node: unknown = typeof last === 'number' ? entry : entry?.key;
    if (isNode(node) && node.range) return node.range[0];
  }
  return undefined;
}

function describe(issue: z.core.$ZodIssue): string {
  const name = issue.path.join('.');
  return name === '' ? issue.message : `'${name}': ${issue.message}`;
}

function unknownKey(path: readonly PropertyKey[], key: string): string {
  const known = knownKeys(path);
  const near = nearest(key, known);
  const remedy = near === undefined ? `known here: ${known.join(', ')}` : `did you mean '${near}'?`;
  return `unknown key '${[...path, key].join('.')}'; ${remedy}`;
}

function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: z.ZodType | undefined = configSchema;
  for (const part of path) {
    const shape = (unwrap(schema) as z.ZodObject).shape as Record<string, z.ZodType> | undefined;
    schema = shape?.[String(part)];
  }
  return Object.keys((unwrap(schema) as Partial<z.ZodObject>).shape ?? {});
}

function unwrap(schema: z.ZodType | undefined): unknown {
  return schema !== undefined && 'unwrap' in schema ? (schema as z.ZodOptional).unwrap() : schema;
}

/** The known word within two typing errors, or a third of its length. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const scored = known.map((candidate) => ({ candidate, distance: editDistance(word, candidate) }));
  const best = scored.sort((a, b) => a.distance - b.distance)[0];
  if (best === undefined || best.distance > Math.max(2, best.candidate.length / 3)) return undefined;
  return best.candidate;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

function withDefaults(file: ConfigFile): EmbedderConfig {
  const base = defaultConfig();
  return {
    model: file.model ?? base.model,
    revision: file.revision ?? base.revision,
    model_file: file.model_file ?? base.model_file,
    model_aliases: file.model_aliases ?? base.model_aliases,
    prompts: file.prompts ?? base.prompts,
    limits: { ...base.limits, ...given(file.limits) },
    batching: { ...base.batching, ...given(file.batching) },
    engine: { ...base.engine, ...given(file.engine) },
  };
}

/** Drops keys that are there but undefined, so that they cannot hide a default. */
function given<T extends object>(part: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(part ?? {}).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
