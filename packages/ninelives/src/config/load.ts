import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_DASHBOARD, DEFAULT_RETENTION_MS } from './defaults.js';
import { resolveHeartbeats } from './heartbeats.js';
import { judgeNotifiers, resolveNotifier, resolvePaging } from './notify.js';
import { linkTunnels, resolveOuter } from './outer.js';
import { resolveService } from './resolve.js';
import { configJsonSchema } from './schema/json-schema.js';
import { notifierSchema } from './schema/notify.js';
import { configSchema, type RawConfig, type ServiceInput, serviceSchema } from './schema/schema.js';
import { judgeService, judgeTogether, type Report } from './sense.js';
import type { Config, DashboardSettings, NotifierConfig, ServiceConfig } from './service.js';
import { type Explained, explainIssues, type KeySchema, valueAt } from './source/explain.js';
import { ConfigError, type Path, type Problem } from './source/problem.js';
import { readYaml, type YamlSource } from './source/yaml.js';

const MAX_CONFIG_BYTES = 1024 * 1024;

type Environment = { [name: string]: string | undefined };

/**
 * Reads ninelives.yaml, and the secret and golden files that it names. Nothing is written or started.
 * @param env for `${NAME}`
 * @throws ConfigError with every problem found, each with line and column
 */
export function loadConfig(file: string, env: Environment): Config {
  let text: string;
  try {
    const { size } = statSync(file);
    if (size > MAX_CONFIG_BYTES) throw new Error(`it has ${size} bytes, more than ${MAX_CONFIG_BYTES}`);
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : `can't be read: ${message}`;
    const problem = { file, line: null, column: null, path: '', message: why, suggestion: null };
    throw new ConfigError(
      [problem],
      'write one with  ninelives init  or name another with  --config FILE',
      error,
    );
  }
  return parseConfig(text, { file, env });
}

/** `loadConfig` on a text; files that it names are looked for beside `file`. @throws ConfigError */
export function parseConfig(text: string, options: { file: string; env: Environment }): Config {
  const { file, env } = options;
  const source = readYaml(text, file, env);
  const problems = [...source.problems];
  const report = ({ path, message, suggestion, key }: Explained) =>
    problems.push(source.problemAt(path, message, { key, suggestion }));
  const config = problems.length > 0 ? null : assemble(source, path.dirname(path.resolve(file)), report);
  if (config !== null && problems.length === 0) return config;
  problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  throw new ConfigError(problems, `mend ${file} and try again; nothing was started or changed`);
}

/**
 * Shape first, then sense. A service whose shape is right is judged for sense even when another one is not,
 * so that all problems are told at once.
 */
function assemble(
  { value, referenced }: Pick<YamlSource, 'value' | 'referenced'>,
  folder: string,
  report: (problem: Explained) => void,
): Config | null {
  const parsed = configSchema.safeParse(value);
  if (!parsed.success)
    explainIssues(parsed.error.issues, value, configJsonSchema() as KeySchema).forEach(report);
  const reportAt =
    (base: Path): Report =>
    (inner, message) =>
      report({ path: [...base, ...inner], message, suggestion: null, key: false });

  const services = wellFormed(serviceSchema, value, 'services');
  const models = services.filter(([, { tunnel }]) => tunnel === undefined);
  const resolved: ServiceConfig[] = [];
  for (const [index, service] of services) {
    const reportHere = reportAt(['services', index]);
    judgeService(service, reportHere);
    resolved.push(resolveService(service, models.length === 1, folder, reportHere));
  }
  judgeTogether(services, reportAt(['services']));
  const linked = linkTunnels(resolved, reportAt(['services']));

  const raw = wellFormed(notifierSchema, value, 'notify');
  judgeNotifiers(raw, reportAt(['notify']));
  const notifiers = raw.flatMap(([index, notifier]): NotifierConfig | NotifierConfig[] => {
    const isReference = (inner: Path) => referenced(['notify', index, ...inner]);
    return resolveNotifier(notifier, { folder, isReference }, reportAt(['notify', index])) ?? [];
  });
  if (!parsed.success) return null;
  const { paging = {}, heartbeats = {}, retention = DEFAULT_RETENTION_MS } = parsed.data;
  const outer = resolveOuter(parsed.data, reportAt([]));
  return {
    services: linked,
    notifiers,
    paging: resolvePaging(
      paging,
      raw.map(([, notifier]) => notifier),
      reportAt(['paging']),
    ),
    heartbeats: resolveHeartbeats(
      heartbeats,
      { folder, isReference: (inner) => referenced(['heartbeats', ...inner]) },
      reportAt(['heartbeats']),
    ),
    runbook: paging.runbook ?? null,
    retentionMs: retention,
    outer,
    dashboard: dashboardOf(parsed.data),
  };
}

function dashboardOf({ dashboard }: RawConfig): DashboardSettings | null {
  if (dashboard === false) return null;
  const { port, host = DEFAULT_DASHBOARD.host, names = [] } = dashboard ?? {};
  return { host, names, port: port ?? DEFAULT_DASHBOARD.port, explicit: port !== undefined };
}

/** The elements of a list whose shape is right, with their indexes. */
function wellFormed<T>(
  schema: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
  value: unknown,
  key: string,
): (readonly [number, T])[] {
  const list = valueAt(value, [key]);
  return (Array.isArray(list) ? list : []).flatMap((element, index) => {
    const parsed = schema.safeParse(element);
    return parsed.success ? [[index, parsed.data] as const] : [];
  });
}

/** What the command line may say instead of a file. All null or absent: the built-in embedder. */
export interface ServiceFlags {
  /** Default: the unit's or the command's name, or "embedder". */
  name?: string | undefined;
  unit?: string | undefined;
  user?: boolean | undefined;
  /** After `--`. */
  command?: readonly string[] | undefined;
  port?: number | string | undefined;
  url?: string | undefined;
  kind?: string | undefined;
  model?: string | undefined;
}

/** Where a problem with each flag is said to be. */
const FLAG_OF: { [path: string]: string } = {
  name: '--name',
  unit: '--unit',
  user: '--user',
  command: '-- COMMAND',
  port: '--port',
  'probe.url': '--url',
  'probe.kind': '--kind',
  'probe.model': '--model',
};

/** The same validation and the same defaults for one service named by flags. @throws ConfigError */
export function configFromFlags(flags: ServiceFlags): Config {
  const { unit, user, command, url, kind, model } = flags;
  const port = typeof flags.port === 'number' ? String(flags.port) : flags.port;
  const embedder =
    unit === undefined && command === undefined ? { embedder: model === undefined ? {} : { model } } : {};
  // The embedder answers without a model name; whatever else is at a URL may want it.
  const probe = { url, kind, model: 'embedder' in embedder && url === undefined ? undefined : model };
  const service = {
    name: flags.name ?? defaultName(flags),
    ...defined({ unit, user, command: command === undefined ? undefined : [...command], port, ...embedder }),
    probe: defined(probe),
  } as ServiceInput;
  const problems: Problem[] = [];
  const source = { value: { version: 1, services: [service] }, referenced: () => false };
  const config = assemble(source, '.', ({ path, message, suggestion }) => {
    const inner = path.slice(2).join('.');
    const flag = FLAG_OF[inner] ?? inner;
    problems.push({ file: 'command line', line: null, column: null, path: flag, message, suggestion });
  });
  if (config !== null && problems.length === 0) return config;
  throw new ConfigError(problems, 'see  ninelives up --help');
}

function defined(fields: { [key: string]: unknown }): { [key: string]: unknown } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function defaultName({ unit, command }: ServiceFlags): string {
  if (unit !== undefined) return slug(unit.replace(/\.service$/, ''));
  if (command !== undefined) return slug(path.basename(command[0] ?? '').replace(/\.[a-z]{1,4}$/, ''));
  return 'embedder';
}

function slug(text: string): string {
  const safe = text.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return safe.slice(0, 63) || 'service';
}
