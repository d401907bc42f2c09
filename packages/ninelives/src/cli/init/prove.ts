import { parseConfig } from '../../config/load.js';
import type { ServiceConfig } from '../../config/service.js';
import { renderTemplate, type TemplateService } from '../../config/template.js';
import type { ProbeOutcome } from '../../core/types.js';
import type { WorkKind } from '../../discover/apis/recognised.js';
import { API_TITLES } from '../../discover/apis/table.js';
import type { Found } from '../../discover/found.js';
import { askCheap } from '../../probe/cheap.js';
import { createGoldenStore } from '../../probe/golden.js';
import type { ProbeEnvironment } from '../../probe/probe.js';
import { readCounter } from '../../probe/progress.js';
import { runProbe } from '../../probe/run.js';

/** A server whose API is known, as it goes into the config. */
export interface Proved {
  service: TemplateService;
  /** "right answer in 43 ms", or why not. */
  said: string;
}

type World = Pick<ProbeEnvironment, 'fetch' | 'nowMs' | 'signal'>;
type Known = Found & { api: NonNullable<Found['api']> };

/** It answered, but not this kind of question: another may be the right one. */
const ASK_ANOTHER = new Set<ProbeOutcome['reason']>(['misconfigured', 'wrong', 'error']);

/**
 * Probes a found server with the very text that will stand in the config: each kind of work it may know, until one is
 * answered rightly; and of its counters the one that moves with that work and with nothing else.
 */
export async function prove(found: Known, name: string, world: World): Promise<Proved> {
  const { kinds } = found.api;
  const [likeliest = 'embeddings'] = kinds;
  const refused = (why: string): Proved => ({ service: disabled(found, name, likeliest, why), said: why });
  if (kinds.length === 0) return refused('it has no model that embeds, chats or completes');
  if (found.unit === null && found.command.argv.length === 0)
    return refused('its command line can’t be read');
  const reasons: string[] = [];
  for (const kind of kinds) {
    const service = serviceOf(found, name, kind);
    const outcome = await probeOnce(configOf(service), 0, world);
    if (outcome.reason === 'ok') {
      const counter = await movingCounter(found, configOf(service), world);
      return { service: { ...service, counter }, said: `right answer in ${Math.round(outcome.tookMs)} ms` };
    }
    reasons.push(`${kind}: ${outcome.detail}`);
    if (!ASK_ANOTHER.has(outcome.reason)) break;
  }
  return refused(reasons[0] ?? 'no answer');
}

function serviceOf(found: Known, name: string, kind: WorkKind): TemplateService {
  const { api, port, url, command, unit } = found;
  const elsewhere = api.path !== undefined || url !== `http://127.0.0.1:${port}`;
  const source: TemplateService['source'] = unit
    ? { type: 'unit', ...unit }
    : isOurs(found)
      ? { type: 'embedder' }
      : { type: 'command', argv: command.argv, cwd: command.folder };
  const model = api.model;
  const title = `${API_TITLES[api.name]}${model === null ? '' : `, ${model}`}`;
  return {
    name,
    source,
    port,
    kind,
    model,
    ...(elsewhere ? { url: `${url}${api.path ?? ''}` } : {}),
    notes: [`Found on port ${port}: ${title}.`, ...supervision(found)],
  };
}

/** The built-in model, served by an `up` that runs now. */
function isOurs(found: Known): boolean {
  return found.guarded && found.api.name === 'ninelives';
}

function supervision({ unit, guarded, command }: Known): string[] {
  if (unit) return [];
  if (guarded) return ['A ninelives supervises it already; this config does the same for the next one.'];
  const pid = command.pid;
  return [
    `Nobody starts it again when it ends. ninelives can: end it (kill ${pid}), then  ninelives up  does.`,
  ];
}

function disabled(found: Known, name: string, kind: WorkKind, why: string): TemplateService {
  const service = serviceOf(found, name, kind);
  const notes = [...(service.notes ?? []), `Its probe does not pass: ${why}. Mend that, then uncomment it.`];
  return { ...service, notes, disabled: true };
}

/** As `up` will read it. */
function configOf(service: TemplateService): ServiceConfig {
  const text = renderTemplate({ schema: '', services: [service] });
  return parseConfig(text, { file: 'ninelives.yaml', env: {} }).services[0] as ServiceConfig;
}

function probeOnce({ probe, policy }: ServiceConfig, attempt: number, world: World): Promise<ProbeOutcome> {
  return runProbe(probe, {
    ...world,
    attempt,
    deadlineMs: policy.deadlineMaxMs,
    golden: createGoldenStore(),
  });
}

/** The first counter that stands still while cheap endpoints are asked, and rises with one more probe. */
async function movingCounter(
  found: Known,
  config: ServiceConfig,
  world: World,
): Promise<string | null | false> {
  if (isOurs(found) && !found.unit) return null; // the embedder's own is taken by itself
  const { counters } = found.api;
  const url = `${found.url}/metrics`;
  const read = () => Promise.all(counters.map((counter) => readCounter({ url, counter, ...world })));
  const before = await read();
  await askCheap(config.probe, world, world.signal);
  const still = await read();
  if ((await probeOnce(config, 1, world)).reason !== 'ok') return null;
  const after = await read();
  const moved = counters.find((_, at) => {
    const [first, second, third] = [before[at], still[at], after[at]];
    return first === second && typeof second === 'number' && typeof third === 'number' && third > second;
  });
  const fickle = before.some((first, at) => typeof first === 'number' && first !== still[at]);
  return moved ?? (fickle ? false : null);
}
