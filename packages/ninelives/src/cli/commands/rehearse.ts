import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceConfig } from '../../config/service.js';
import { performDrill } from '../../drill/drill.js';
import { FAULTS, faultNamed } from '../../drill/faults/table.js';
import { monotonicMs, sleep, wallMs } from '../../host/clock.js';
import type { GuardRecord } from '../../record/record.js';
import { ask, type ClientSettings } from '../../rehearse/client.js';
import { type Reference, readReference } from '../../rehearse/mteb.js';
import { rehearsalPage } from '../../rehearse/page.js';
import { DatasetError, type GradedPair, readPairs } from '../../rehearse/pairs.js';
import { type RehearsalPorts, rehearse, type Struck } from '../../rehearse/rehearse.js';
import { figuresOf, judge, type Rehearsal } from '../../rehearse/report.js';
import { createDrillPorts } from '../drill/ports.js';
import { CliError, EXIT, type ExitCode } from '../errors.js';
import {
  closingLines,
  headLine,
  newsLine,
  progressLine,
  startProgress,
  takeNews,
} from '../rehearse/lines.js';
import { type Target, targetHere } from '../rehearse/target.js';
import { withRecord } from '../state-dir.js';
import type { Terminal } from '../terminal.js';

export interface RehearseOptions {
  stateDir: string;
  service: string | undefined;
  /** Where clients come in; undefined: the way in of the service that is guarded here. */
  url: string | undefined;
  model: string | undefined;
  keyFile: string | undefined;
  /** An STS file; undefined: our own graded pairs. */
  dataset: string | undefined;
  /** MTEB's result file, to stand beside the score. */
  compare: string | undefined;
  /** None: the quiet course only. */
  faults: string[];
  count: number;
  batch: number;
  concurrency: number;
  html: string | undefined;
  json: boolean;
  /** At least 0 and less than 1. */
  random: () => number;
  /** Redraws one line of a terminal; null where there is none. */
  redraw: { line(text: string): void; columns(): number } | null;
}

/** As common evaluation clients. */
const TIMEOUT_MS = 60_000;
const OWN_PAIRS = fileURLToPath(new URL('../../../../data/graded-pairs.tsv', import.meta.url));

/**
 * `rehearse`: what a reviewer will do, before the reviewer does it. Exit 0 when no call failed and the score is the same.
 * @throws CliError when nothing was done
 */
export async function runRehearse(
  options: RehearseOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<ExitCode> {
  for (const fault of options.faults) faultOf(fault);
  const pairs = readSet(options.dataset ?? OWN_PAIRS, readPairs);
  const reference = options.compare === undefined ? null : readSet(options.compare, readReference);
  if (options.url !== undefined && options.faults.length === 0) {
    const target = { url: originOf(options.url), config: null };
    return await perform({ options, target, record: null, pairs, reference, terminal, signal });
  }
  return await withRecord(options.stateDir, async (record) => {
    const { service, stateDir } = options;
    const url = options.url === undefined ? undefined : originOf(options.url);
    const target = targetHere(record, { stateDir, service, url });
    return await perform({ options, target, record, pairs, reference, terminal, signal });
  });
}

interface Play {
  options: RehearseOptions;
  target: Target;
  record: GuardRecord | null;
  pairs: GradedPair[];
  reference: Reference | null;
  terminal: Terminal;
  signal: AbortSignal;
}

async function perform(play: Play): Promise<ExitCode> {
  const { options, target, pairs, terminal, signal } = play;
  const { faults, batch, concurrency, count, json, redraw } = options;
  const client = clientOf(options, target);
  await askOnce(client, signal);
  const rehearsal: Rehearsal = {
    url: target.url,
    service: target.config?.name ?? null,
    data: { name: options.dataset ? basename(options.dataset) : 'our own graded pairs', pairs: pairs.length },
    client: { batch, concurrency, timeoutMs: TIMEOUT_MS },
    at: new Date(wallMs()).toISOString(),
    ...{ quiet: { passes: [], calls: [] }, faulted: null, strikes: [], reference: play.reference },
  };
  if (!json) for (const line of headLine(rehearsal, terminal)) terminal.out(line);
  const progress = startProgress(count);
  const told = await rehearse(
    { pairs, client, faults, count },
    portsOf(play),
    (news) => {
      takeNews(progress, news);
      if (json) return;
      if (redraw) return redraw.line(progressLine(progress, redraw.columns()));
      const line = newsLine(news, progress);
      if (line) terminal.out(line);
    },
    signal,
  ).finally(() => redraw && !json && redraw.line(''));
  Object.assign(rehearsal, told);
  return close(rehearsal, play);
}

function close(rehearsal: Rehearsal, { options, terminal, signal }: Play): ExitCode {
  if (signal.aborted) {
    const left = rehearsal.strikes.find(({ restored }) => !restored);
    const how = left ? `, and not all is put back: ${left.why.join('; ')}` : '; everything is put back';
    throw new CliError(`stopped early${how}`, EXIT.unhealthy, left ? 'ninelives status' : null);
  }
  const verdict = judge(rehearsal, options.faults.length === 0 ? 0 : options.count);
  if (options.html !== undefined) {
    mkdirSync(dirname(options.html), { recursive: true });
    writeFileSync(options.html, rehearsalPage(rehearsal, verdict));
  }
  if (options.json) {
    const { quiet, faulted, ...rest } = rehearsal;
    const scores = (course: Rehearsal['quiet']) => course.passes.map(({ score }) => score);
    const told = (course: Rehearsal['quiet']) => ({ ...figuresOf(course), scores: scores(course) });
    terminal.out(
      JSON.stringify({ ...rest, quiet: told(quiet), faulted: faulted && told(faulted), ...verdict }),
    );
  } else {
    for (const line of closingLines(rehearsal, verdict, terminal)) terminal.out(line);
    if (options.html !== undefined) terminal.out(`the page: ${options.html}`);
    if (options.faults.length === 0) {
      terminal.out(terminal.style('dim', 'next: ninelives rehearse --faults crash,wedge,freeze'));
    }
  }
  return verdict.passed ? EXIT.fine : EXIT.unhealthy;
}

function portsOf({ options, target, record }: Play): RehearsalPorts {
  const { stateDir, random } = options;
  return {
    fetch: globalThis.fetch,
    nowMs: monotonicMs,
    sleep,
    random,
    strike: (fault, signal) => strike(fault, { record, config: target.config, stateDir, signal }),
  };
}

async function strike(
  name: string,
  place: { record: GuardRecord | null; config: ServiceConfig | null; stateDir: string; signal: AbortSignal },
): Promise<Struck> {
  const { record, config, stateDir, signal } = place;
  if (!record || !config) throw new CliError('only a service that is guarded here can be harmed', EXIT.usage);
  const by = 'rehearse';
  const report = await performDrill(
    faultOf(name),
    { config, force: false, ownTraffic: true, really: false, limitMs: null, by },
    createDrillPorts(config, record, { stateDir, by }),
    () => {},
    signal,
  );
  if (!('refused' in report)) {
    const { passed, why, times, timeline, restored } = report;
    const atMs = timeline.find(({ type }) => type === 'injected' || type === 'killed')?.atMs ?? 0;
    return { strike: { fault: name, atMs, outageMs: times.outageMs, passed, why, restored } };
  }
  if (report.refused === 'not-steady') return { notNow: report.why.join('; ') };
  throw new CliError(`no ${name} can be done: ${report.why.join('; ')}`, EXIT.environment, report.hint);
}

function faultOf(name: string) {
  const fault = faultNamed(name);
  if (fault && fault.undo !== 'start') return fault;
  const usable = Object.values(FAULTS).filter(({ undo }) => undo !== 'start');
  const known = usable.map((one) => one.name).join(', ');
  throw new CliError(`'${name}' is no fault to rehearse with; there are ${known}`, EXIT.usage);
}

function clientOf(options: RehearseOptions, { url, config }: Target): ClientSettings {
  const { batch, concurrency, keyFile } = options;
  const model = options.model ?? config?.probe.model ?? null;
  const apiKey = keyFile === undefined ? null : readSet(keyFile, (text) => text.trim());
  return { url, model, apiKey, batch, concurrency, timeoutMs: TIMEOUT_MS };
}

/** A rehearsal of what does not answer says nothing. @throws CliError */
async function askOnce(client: ClientSettings, signal: AbortSignal): Promise<void> {
  const world = { fetch: globalThis.fetch, nowMs: monotonicMs };
  const { call } = await ask(['Is anybody there?'], client, world, signal);
  if (call.why === null) return;
  throw new CliError(
    `${client.url} gives no embedding even before anything was done: ${call.why}`,
    EXIT.unhealthy,
    'ninelives probe',
  );
}

function originOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') {
    return `${url.origin}${url.pathname}`.replace(/\/(v1\/?)?$/, '');
  }
  throw new CliError(`--url takes http://HOST:PORT or https://HOST, not '${text}'`, EXIT.usage);
}

/** @throws CliError */
function readSet<T>(file: string, read: (text: string) => T): T {
  try {
    return read(readFileSync(file, 'utf8'));
  } catch (cause) {
    const known = cause instanceof DatasetError || (cause as NodeJS.ErrnoException).code !== undefined;
    if (!known) throw cause;
    throw new CliError(`${file} can't be used: ${(cause as Error).message}`, EXIT.usage, null, { cause });
  }
}
