import { monotonicMs, sleep } from '../../host/clock.js';
import { askCheap } from '../../probe/cheap.js';
import { createGoldenStore } from '../../probe/golden.js';
import type { ProbeSpec } from '../../probe/probe.js';
import { runProbe } from '../../probe/run.js';
import { answer, ask, type Question } from './stage.js';

const PAUSE_MS = 500;
/** Real work is asked more often: a restart takes half a second, and must not fall between two questions. */
const WORK_PAUSE_MS = 200;
/** What a client of an embedding API is commonly willing to wait. */
const PATIENCE_MS = 30_000;

const world = { fetch: globalThis.fetch, nowMs: monotonicMs };

/** Asks /health twice a second, as a monitor does. */
export async function askHealth(url: string, question: Question, signal: AbortSignal): Promise<void> {
  const spec = { ...specOf(url), cheapPaths: ['/health'] };
  while (!signal.aborted) {
    ask(question, monotonicMs());
    const [said] = await askCheap(spec, world, signal);
    if (signal.aborted || !said) return;
    const took = `in ${Math.max(1, Math.round(said.tookMs))} ms`;
    if (said.status === null) answer(question, false, 'no connection');
    else answer(question, said.status === 200, `${said.status} ${took}`);
    await sleep(PAUSE_MS, signal);
  }
}

/** Asks for embeddings of real sentences, one request after the other, and judges every answer. */
export async function askWork(url: string, question: Question, signal: AbortSignal): Promise<void> {
  const spec = specOf(url);
  const golden = createGoldenStore();
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    ask(question, monotonicMs());
    const outcome = await runProbe(spec, { ...world, deadlineMs: PATIENCE_MS, signal, attempt, golden });
    if (signal.aborted) return;
    const right = outcome.reason === 'ok';
    const took = Math.max(1, Math.round(outcome.tookMs));
    answer(question, right, right ? `right answer in ${tookWords(took)}` : outcome.detail);
    await sleep(WORK_PAUSE_MS, signal);
  }
}

function tookWords(ms: number): string {
  return ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

function specOf(url: string): ProbeSpec {
  return { kind: 'embeddings', url, model: null, headers: {}, cheapPaths: [], options: {} };
}
