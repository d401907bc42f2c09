import { DEFAULT_POLICY } from '../core/policy.js';
import {
  canHaveGateway,
  DEFAULT_RESTART,
  gatewayPort,
  probedPort,
  servicePort,
  unitName,
} from './defaults.js';
import type { RawService } from './schema/schema.js';
import type { Path } from './source/problem.js';

const OUT_OF = [
  ['judged', { failures: DEFAULT_POLICY.judgedFailures, of: DEFAULT_POLICY.judgedOf }],
  ['intermittent', { failures: DEFAULT_POLICY.intermittentFailures, of: DEFAULT_POLICY.intermittentOf }],
] as const;

/** Called with each thing that does not fit together. `path` is within the service or notifier. */
export type Report = (path: Path, message: string) => void;

const SOURCES = ['embedder', 'command', 'unit'] as const;

/** Which probe fields belong to which kinds; the others belong to all. */
const KINDS_OF_FIELD = {
  texts: ['embeddings'],
  task_name: ['embeddings'],
  dimensions: ['embeddings'],
  vector_length: ['embeddings'],
  golden: ['embeddings'],
  min_cosine: ['embeddings'],
  distinct_below: ['embeddings'],
  prompts: ['chat', 'completions'],
  expect: ['chat', 'completions'],
  logprobs: ['chat', 'completions'],
  max_tokens: ['chat', 'completions'],
  method: ['http'],
  path: ['http'],
  body: ['http'],
  status: ['http'],
  contains: ['http'],
  json: ['http'],
} as const satisfies { [field in keyof NonNullable<RawService['probe']>]?: readonly string[] };

/** What one service says must make sense together. */
export function judgeService(service: RawService, report: Report): void {
  const sources = SOURCES.filter((source) => service[source] !== undefined);
  if (sources.length === 0) report([], `needs one of: ${SOURCES.join(', ')}`);
  for (const extra of sources.slice(1))
    report([extra], `a service is either ${sources[0]} or ${extra}: take one away`);
  const [source] = sources;
  if (source !== 'command') {
    if (service.cwd !== undefined) report(['cwd'], 'belongs to `command`');
    if (service.env !== undefined) report(['env'], 'belongs to `command`');
  }
  if (source !== 'unit' && service.user !== undefined) report(['user'], 'belongs to `unit`');
  if (source === 'unit' && service.restart !== undefined) {
    report(
      ['restart'],
      `belongs to \`embedder\` and \`command\`: ${service.unit} has its own settings, see  systemctl cat ${service.unit}`,
    );
  }
  if (service.gateway && !canHaveGateway(service)) {
    report(['gateway'], 'stands before a model server and speaks plain http to it: take it away');
  }
  judgeProbe(service, report);
  judgeProgress(service, report);
  judgeGuard(service, report);
}

function judgeProbe(service: RawService, report: Report): void {
  const { probe } = service;
  if (probe === undefined) return;
  const kind = probe.kind ?? 'embeddings';
  for (const [field, kinds] of Object.entries(KINDS_OF_FIELD)) {
    if (
      probe[field as keyof typeof KINDS_OF_FIELD] === undefined ||
      (kinds as readonly string[]).includes(kind)
    )
      continue;
    report(['probe', field], `belongs to kind ${kinds.join(' or ')}, and this probe is of kind ${kind}`);
  }
  const { deadline } = probe;
  if (typeof deadline === 'object') {
    const min = deadline.min ?? DEFAULT_POLICY.deadlineMinMs;
    const max = deadline.max ?? DEFAULT_POLICY.deadlineMaxMs;
    if (min > max) report(['probe', 'deadline'], `min (${min} ms) is longer than max (${max} ms)`);
  }
  if (
    probe.dimensions !== undefined &&
    probe.vector_length !== undefined &&
    probe.dimensions !== probe.vector_length
  ) {
    report(['probe', 'vector_length'], `contradicts dimensions: ${probe.dimensions}`);
  }
  if (
    probe.bearer_file !== undefined &&
    Object.keys(probe.headers ?? {}).some((name) => name.toLowerCase() === 'authorization')
  ) {
    report(['probe', 'bearer_file'], 'the headers already have an Authorization: take one away');
  }
  if (probe.url !== undefined && probe.path !== undefined && new URL(probe.url).pathname !== '/') {
    report(['probe', 'path'], 'the URL has a path already: take one away');
  }
  const probed = probe.url === undefined ? null : probedPort(probe.url);
  const port = servicePort(service);
  if (probed !== null && probed !== port) {
    report(
      ['probe', 'url'],
      `asks port ${probed}, but the service listens on ${port}: the probe would judge another server`,
    );
  }
}

function judgeProgress(service: RawService, report: Report): void {
  const { progress } = service;
  if (!progress || 'counter' in progress || progress.url !== undefined || servicePort(service) !== null)
    return;
  report(['progress'], 'needs a `url`: the service has no port of this machine to find /metrics at');
}

function judgeGuard(service: RawService, report: Report): void {
  const guard = service.guard ?? {};
  const restart = service.restart ?? {};
  for (const [key, base] of OUT_OF) {
    const { failures = base.failures, of = base.of } = guard[key] ?? {};
    if (failures > of)
      report(['guard', key], `${failures} failures among the last ${of} can never be: raise \`of\``);
  }
  const judgedOf = guard.judged?.of ?? DEFAULT_POLICY.judgedOf;
  const kept = guard.intermittent?.of ?? DEFAULT_POLICY.intermittentOf;
  if (judgedOf > kept) {
    const key = guard.judged?.of === undefined ? 'intermittent' : 'judged';
    report(
      ['guard', key],
      `judged.of (${judgedOf}) is more than intermittent.of (${kept}), the results that are kept`,
    );
  }
  const slow = guard.slow ?? DEFAULT_POLICY.slowMs;
  const slowMax = guard.slow_max ?? DEFAULT_POLICY.slowMaxMs;
  if (slow > slowMax)
    report(
      ['guard', guard.slow_max === undefined ? 'slow' : 'slow_max'],
      `slow (${slow} ms) is longer than slow_max (${slowMax} ms)`,
    );

  const kills = guard.kills ?? DEFAULT_POLICY.killsMax;
  const burst = restart.start_limit_burst ?? DEFAULT_RESTART.startLimitBurst;
  const interval = restart.start_limit_interval ?? DEFAULT_RESTART.startLimitIntervalMs;
  const limited = burst > 0 && interval > 0;
  if (service.unit === undefined && limited && kills >= burst) {
    const path = guard.kills === undefined ? ['restart', 'start_limit_burst'] : ['guard', 'kills'];
    report(
      path,
      `${kills} kills and a start limit of ${burst} leave no start in reserve: after ${burst} starts the supervisor gives up for good, so our own kills could end the service (I3). Keep kills below start_limit_burst`,
    );
  }
}

/** Services must not share a name, a port or a unit. `report`'s path begins with the service's index. */
export function judgeTogether(services: readonly (readonly [number, RawService])[], report: Report): void {
  const keys = [
    ['name', (service: RawService) => service.name],
    ['port', (service: RawService) => servicePort(service)],
    [
      'unit',
      (service: RawService) =>
        service.unit === undefined ? null : `${unitName(service.unit)} ${service.user === true}`,
    ],
  ] as const;
  for (const [key, of] of keys) {
    const firsts = new Map<unknown, number>();
    for (const [index, service] of services) {
      const value = of(service);
      const first = value === null ? undefined : firsts.get(value);
      if (value === null) continue;
      if (first === undefined) firsts.set(value, index);
      else
        report([index, key], `services[${first}] has the same ${key}${key === 'port' ? ` (${value})` : ''}`);
    }
  }
  judgeGateways(services, report);
}

/** A gateway's port must be nobody else's. */
function judgeGateways(services: readonly (readonly [number, RawService])[], report: Report): void {
  const owners = new Map<number | null, string>();
  for (const [index, service] of services) owners.set(servicePort(service), `services[${index}]`);
  for (const [index, service] of services) {
    const port = gatewayPort(service);
    if (port === null) continue;
    const owner = owners.get(port);
    if (owner !== undefined) report([index, 'gateway', 'port'], `port ${port} is that of ${owner}`);
    owners.set(port, `the gateway of services[${index}]`);
  }
}
