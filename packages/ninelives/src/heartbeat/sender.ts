import { type Beat, pingUrl } from './grammar.js';

/** What sending needs of where it runs. */
export interface SendPorts {
  fetch: typeof globalThis.fetch;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export type Sent = { ok: true } | { ok: false; error: string };

/** As healthchecks.io/docs/reliability_tips asks of its clients: 10 s, and five times again. */
const LIMIT_MS = 10_000;
const TRIES = 6;

/** One ping, tried until it is taken. The URL is a secret: no error says it. */
export async function sendBeat(
  base: string,
  beat: Beat,
  options: { rid?: string | null; body?: string; signal: AbortSignal; waitMaxMs?: number },
  { fetch, sleep }: SendPorts,
): Promise<Sent> {
  const { rid = null, body = '', signal, waitMaxMs = Number.POSITIVE_INFINITY } = options;
  let error = 'called off';
  for (let attempt = 0; attempt < TRIES && !signal.aborted; attempt += 1) {
    if (attempt > 0) await sleep(Math.min(500 * 2 ** attempt, waitMaxMs), signal);
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
      const init = { method: 'POST', body, signal: limit, redirect: 'manual' } as const;
      const response = await fetch(pingUrl(base, beat, rid), init);
      await response.body?.cancel();
      if (response.ok) return { ok: true };
      error = `HTTP ${response.status}`;
      if (response.status < 500 && response.status !== 429) break;
    } catch {
      error = 'no answer';
    }
  }
  return { ok: false, error };
}

/** An alarm at ntfy that goes off unless it is put off again in time. */
export interface Deadman {
  server: string;
  topic: string;
  token: string | null;
  /** Who must not fall silent: part of the id and of the message. */
  layer: string;
  afterMs: number;
}

/**
 * Publishes a message that is delivered later, under one sequence id: publishing again moves it. Whoever stops doing so is
 * told on by ntfy itself. Needs ntfy 2.16: an older server takes each for a message of its own and would deliver them all,
 * so one whose answer does not repeat the id is said to be too old, and the caller arms it no more.
 */
export async function armDeadman(
  { server, topic, token, layer, afterMs }: Deadman,
  signal: AbortSignal,
  { fetch }: Pick<SendPorts, 'fetch'>,
): Promise<Sent & { tooOld?: true }> {
  const sequence = `ninelives-${layer}`.replace(/[^-_A-Za-z0-9]/g, '-').slice(0, 64);
  const minutes = Math.max(1, Math.round(afterMs / 60_000));
  const headers = {
    'X-Sequence-ID': sequence,
    'X-Delay': `${minutes}m`,
    'X-Title': `ninelives: ${layer} has been silent for ${minutes} min`,
    'X-Priority': '5',
    'X-Tags': 'skull',
    ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
  };
  const body = [
    `What:  ${layer} should have put this message off again, and did not`,
    `Now:   look at ${layer}: its scheduler, its machine, its way to ntfy`,
    'See:   docs/runbook.md#silent',
  ].join('\n');
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
    const init = { method: 'POST', headers, body, signal: limit, redirect: 'manual' } as const;
    const response = await fetch(`${server}/${topic}`, init);
    if (!response.ok) {
      await response.body?.cancel();
      return { ok: false, error: `HTTP ${response.status}` };
    }
    const answer = (await response.json()) as { sequence_id?: unknown };
    if (answer.sequence_id === sequence) return { ok: true };
    return {
      ok: false,
      tooOld: true,
      error: 'the server knows no sequence ids: it needs ntfy 2.16 or newer',
    };
  } catch {
    return { ok: false, error: 'no answer' };
  }
}
