import path from 'node:path';
import type { Policy } from '../core/policy.js';
import { DEFAULT_POLICY } from '../core/policy.js';
import type { EmbeddingsOptions } from '../probe/kinds/embeddings.js';
import type { HttpOptions } from '../probe/kinds/http.js';
import type { TextOptions } from '../probe/kinds/text.js';
import type { ProbeSpec } from '../probe/probe.js';
import { DEFAULT_CHEAP_PATHS, DEFAULT_RESTART, EMBEDDER_COUNTER, servicePort, unitName } from './defaults.js';
import { gatewayOf } from './gateway.js';
import { resolveServiceOuter } from './outer.js';
import type { RawService } from './schema/schema.js';
import type { Report } from './sense.js';
import type { RestartSettings, ServiceConfig, ServiceSource } from './service.js';
import { readGoldenFile, readSecretFile } from './source/files.js';
import { argvOf } from './source/words.js';

type RawProbe = NonNullable<RawService['probe']>;

/** Fills in every default; `alone`: it is the only service. Files that are named are read here, relative to `folder`; problems are reported. */
export function resolveService(
  service: RawService,
  alone: boolean,
  folder: string,
  report: Report,
): ServiceConfig {
  const port = servicePort(service);
  return {
    name: service.name,
    source: sourceOf(service, folder, report),
    port,
    probe: probeOf(service.probe ?? {}, port, folder, report),
    policy: policyOf(service),
    restart: restartOf(service),
    progress: progressOf(service, port),
    gateway: gatewayOf(service, alone, folder, report),
    outer: resolveServiceOuter(service, folder, report),
  };
}

function sourceOf(service: RawService, folder: string, report: Report): ServiceSource {
  if (service.unit !== undefined) {
    return { type: 'unit', unit: unitName(service.unit), user: service.user ?? false };
  }
  if (service.command !== undefined) {
    const argv = argvOf(service.command, (message) => report(['command'], message));
    const cwd = service.cwd === undefined ? null : path.resolve(folder, service.cwd);
    return { type: 'command', argv, cwd, env: service.env ?? {} };
  }
  return { type: 'embedder', settings: { ...service.embedder } };
}

function probeOf(probe: RawProbe, port: number | null, folder: string, report: Report): ProbeSpec {
  const headers = { ...probe.headers };
  if (probe.bearer_file !== undefined) {
    const read = readSecretFile(path.resolve(folder, probe.bearer_file));
    if ('secret' in read) headers.authorization = `Bearer ${read.secret}`;
    else report(['probe', 'bearer_file'], read.problem);
  }
  return {
    kind: probe.kind ?? 'embeddings',
    url: probe.url ?? `http://127.0.0.1:${port}`,
    model: probe.model ?? null,
    headers,
    cheapPaths: probe.cheap ?? DEFAULT_CHEAP_PATHS,
    options: { ...optionsOf(probe, folder, report) },
  };
}

/** What was given for this kind, and nothing else: the kind's own file has its defaults. */
function optionsOf(
  probe: RawProbe,
  folder: string,
  report: Report,
): Partial<EmbeddingsOptions> | Partial<TextOptions> | Partial<HttpOptions> {
  switch (probe.kind ?? 'embeddings') {
    case 'embeddings':
      return given<EmbeddingsOptions>({
        ...goldenOf(probe, folder, report),
        taskName: probe.task_name,
        dimensions: probe.dimensions,
        vectorLength: probe.vector_length,
        minCosine: probe.min_cosine,
        distinctBelow: probe.distinct_below,
      });
    case 'chat':
    case 'completions':
      return given<TextOptions>({
        prompts: probe.prompts,
        expect: probe.expect,
        logprobs: probe.logprobs,
        maxTokens: probe.max_tokens,
      });
    case 'http':
      return given<HttpOptions>({
        method: probe.method ?? (probe.body === undefined ? undefined : 'POST'),
        path: probe.path,
        body: typeof probe.body === 'object' ? JSON.stringify(probe.body) : probe.body,
        contentType: typeof probe.body === 'string' ? 'text/plain' : undefined,
        statuses: typeof probe.status === 'number' ? [probe.status] : probe.status,
        contains: probe.contains,
        json: probe.json,
      });
  }
}

/** Only the fields that have a value. */
function given<T>(fields: { [K in keyof T]?: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** The texts of the probe and their approved vectors; without `texts`, those of the golden file are asked. */
function goldenOf(
  probe: RawProbe,
  folder: string,
  report: Report,
): { texts: string[] | undefined; golden?: EmbeddingsOptions['golden'] } {
  const { texts } = probe;
  if (probe.golden === undefined) return { texts };
  const at = ['probe', 'golden'];
  const read = readGoldenFile(path.resolve(folder, probe.golden));
  if ('problem' in read) {
    report(at, read.problem);
    return { texts };
  }
  const approved = Object.keys(read.golden);
  if (read.model !== null && probe.model !== undefined && read.model !== probe.model) {
    report(at, `has the vectors of ${read.model}, and the probe asks ${probe.model}: record its own`);
  }
  if (texts === undefined && approved.length < 2)
    report(at, 'has fewer than two texts: approve one more, or set `texts`');
  if (texts !== undefined && !texts.some((text) => approved.includes(text))) {
    report(at, 'has none of the `texts`, so nothing would be compared');
  }
  return { texts: texts ?? approved, golden: read.golden };
}

function policyOf({ probe = {}, guard = {} }: RawService): Policy {
  const { deadline } = probe;
  const limits = typeof deadline === 'number' ? { min: deadline, max: deadline } : deadline;
  return {
    ...DEFAULT_POLICY,
    ...given<Policy>({
      intervalMs: probe.every,
      confirmMs: guard.confirm,
      deadlineMinMs: limits?.min,
      deadlineMaxMs: limits?.max,
      failureThreshold: guard.failure_threshold,
      successThreshold: guard.success_threshold,
      judgedFailures: guard.judged?.failures,
      judgedOf: guard.judged?.of,
      intermittentFailures: guard.intermittent?.failures,
      intermittentOf: guard.intermittent?.of,
      startupGraceMs: guard.startup_grace,
      startupStallMs: guard.startup_stall,
      killsMax: guard.kills,
      windowMs: guard.window,
      slowMs: guard.slow,
      slowMaxMs: guard.slow_max,
      busyLimitMs: guard.busy_limit,
      idlePatienceMs: guard.idle_patience,
      jamPatienceMs: guard.jam_patience,
      opaquePatienceMs: guard.opaque_patience,
      stableMs: guard.stable,
      escalateAfterMs: guard.escalate_after,
      leakEveryMs: guard.leak_every,
      leakForesight: guard.leak_foresight,
      leakHorizonMs: guard.leak_horizon,
      leftoverGraceMs: guard.leftover_grace,
    }),
  };
}

function restartOf({ restart = {} }: RawService): RestartSettings {
  return {
    policy: restart.policy ?? DEFAULT_RESTART.policy,
    restartMs: restart.sec ?? DEFAULT_RESTART.restartMs,
    startLimitBurst: restart.start_limit_burst ?? DEFAULT_RESTART.startLimitBurst,
    startLimitIntervalMs: restart.start_limit_interval ?? DEFAULT_RESTART.startLimitIntervalMs,
    stopTimeoutMs: restart.stop_timeout ?? DEFAULT_RESTART.stopTimeoutMs,
  };
}

function progressOf(service: RawService, port: number | null): ServiceConfig['progress'] {
  const { progress } = service;
  const url = `http://127.0.0.1:${port}/metrics`;
  if (progress === false) return null;
  if (progress && 'counter' in progress) return progress;
  if (progress) return { url: progress.url ?? url, server: progress.server };
  if (service.embedder !== undefined) return { url, counter: EMBEDDER_COUNTER };
  return port === null ? null : { url, server: 'any' };
}
