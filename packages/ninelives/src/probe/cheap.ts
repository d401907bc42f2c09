import type { CheapAnswer } from '../core/types.js';
import type { ProbeEnvironment, ProbeSpec } from './probe.js';
import { startDeadline } from './wire/deadline.js';

/** A cheap endpoint answers in milliseconds or is not cheap. */
export const CHEAP_LIMIT_MS = 1_000;

/**
 * Asks every cheap endpoint at once and keeps what each says: the evidence of which of them lie while real
 * work waits. Status only; the body is not read. Never throws, and settles within `limitMs`.
 */
export function askCheap(
  spec: ProbeSpec,
  environment: Pick<ProbeEnvironment, 'fetch' | 'nowMs'>,
  signal: AbortSignal,
  limitMs = CHEAP_LIMIT_MS,
): Promise<CheapAnswer[]> {
  return Promise.all(spec.cheapPaths.map((path) => askOne(path, spec, environment, signal, limitMs)));
}

async function askOne(
  path: string,
  spec: ProbeSpec,
  { fetch, nowMs }: Pick<ProbeEnvironment, 'fetch' | 'nowMs'>,
  signal: AbortSignal,
  limitMs: number,
): Promise<CheapAnswer> {
  const startedMs = nowMs();
  const deadline = startDeadline(signal, limitMs);
  const answered = (status: number | null) => ({ path, status, tookMs: nowMs() - startedMs });
  try {
    const response = await deadline.within(
      fetch(new URL(path, spec.url), {
        headers: { connection: 'close', ...spec.headers },
        redirect: 'manual',
        signal: deadline.signal,
      }),
    );
    return answered(response.status === 0 ? null : response.status);
  } catch {
    return answered(null); // whatever the reason, it did not answer; the real work's reason is the one judged
  } finally {
    deadline.end();
  }
}
