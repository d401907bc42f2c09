import type { KillIntent } from '../core/decision.js';
import type { UnitSnapshot } from '../core/types.js';
import { monotonicMs, sleep } from '../host/clock.js';
import type { Absent } from '../host/program.js';
import { COLLECTORS } from './collectors/table.js';
import { type Collector, type EvidenceBundle, type EvidenceContext, isAbsent } from './evidence.js';
import { createScrubber } from './redact.js';

/** All of it as JSON. */
export const BUNDLE_CHARS_MAX = 256 * 1024;
/** A program needs this long to be ended and reaped. */
const WARNED_MS = 150;

export interface CollectOptions {
  /** For all collectors together, which run side by side. */
  limitMs: number;
  signal: AbortSignal;
  port: number | null;
  logFile: string | null;
  /** Where nvidia-smi, py-spy and gdb are looked for. */
  path: string;
  /** Values from the config that must not be in the bundle. */
  secrets: readonly string[];
  collectors?: { [name: string]: Collector };
}

/**
 * What the incarnation is doing now. Never rejects, and settles within `limitMs` whatever a collector does: each is
 * abandoned at its own limit and then says so in its place. Only /proc of the intent's own targets is read, some tools
 * are run on them; nothing is signalled or written.
 */
export async function collectEvidence(
  intent: KillIntent,
  unit: UnitSnapshot | null,
  options: CollectOptions,
): Promise<EvidenceBundle> {
  const startedMs = monotonicMs();
  const concealed = new Set(options.secrets);
  const { port, logFile, path } = options;
  const context = {
    intent,
    unit,
    port,
    logFile,
    path,
    conceal: (secret: string) => void concealed.add(secret),
  };
  const collecting = new Map<string, Promise<object>>();
  for (const [name, collector] of Object.entries(options.collectors ?? COLLECTORS)) {
    const earlier = collector.after === undefined ? undefined : collecting.get(collector.after);
    collecting.set(name, collectInTime(collector, earlier));
  }
  const collected: EvidenceBundle['collected'] = {};
  for (const [name, value] of collecting) collected[name] = await value;

  async function collectInTime(collector: Collector, earlier: Promise<object> | undefined): Promise<object> {
    await earlier;
    const leftMs = options.limitMs - (monotonicMs() - startedMs);
    if (leftMs < 1) return { absent: 'no time was left for it' };
    return collectOne(collector, context, Math.min(collector.limitMs, leftMs), options.signal);
  }

  return bounded(
    createScrubber(concealed)({
      version: 1,
      service: intent.service,
      incidentId: intent.incidentId,
      intentId: intent.id,
      reason: intent.reason,
      incarnation: intent.incarnation,
      wallMs: intent.wallMs,
      tookMs: Math.round(monotonicMs() - startedMs),
      unit: unit && factsOf(unit),
      collected,
    }),
  );
}

async function collectOne(
  collector: Collector,
  context: Omit<EvidenceContext, 'signal'>,
  limitMs: number,
  signal: AbortSignal,
): Promise<object> {
  const over = new AbortController();
  const stop = AbortSignal.any([signal, over.signal]);
  const late = sleep(limitMs, stop).then((): Absent => {
    return {
      absent: signal.aborted ? 'the guard was told to end' : `nothing within ${Math.round(limitMs)} ms`,
    };
  });
  // A little before the end, so that what a collector has to say about it still gets in.
  const warned = new AbortController();
  const warning = sleep(Math.max(0, limitMs - WARNED_MS), stop).then(() => warned.abort());
  try {
    return await Promise.race([collectSafely(collector, { ...context, signal: warned.signal }), late]);
  } finally {
    over.abort();
    await warning;
  }
}

async function collectSafely(collector: Collector, context: EvidenceContext): Promise<object> {
  try {
    return await collector.collect(context);
  } catch (error) {
    return { absent: error instanceof Error ? error.message : String(error) };
  }
}

function factsOf({
  unit,
  supervisor,
  phase,
  restarts,
  lastExit,
  portOwner,
}: UnitSnapshot): EvidenceBundle['unit'] {
  return { unit, supervisor, phase, restarts, lastExit, portOwner };
}

/** Leaves out what is too large, from the end of the table, and says so. */
function bounded(bundle: EvidenceBundle): EvidenceBundle {
  const collected = { ...bundle.collected };
  for (const name of Object.keys(collected).reverse()) {
    if (JSON.stringify({ ...bundle, collected }).length <= BUNDLE_CHARS_MAX) break;
    const value = collected[name];
    if (value === undefined || isAbsent(value)) continue;
    collected[name] = {
      absent: `left out: ${Math.round(JSON.stringify(value).length / 1_024)} KiB is too much`,
    };
  }
  return { ...bundle, collected };
}
