import type { Decision } from '../../src/core/decision.js';
import { decision, event, incident, intent, page } from './rows.js';

export const SERVICE = 'crash';
export const NOTIFIERS = ['phone', 'log'];

/** One step of the story: the same for everyone who asks for step `n`. */
export interface Step {
  n: number;
  decision: Decision;
  /** Post a command before the commit. */
  posts: boolean;
  /** Consume the whole inbox with the commit. */
  consumes: boolean;
}

/** mulberry32: a small seeded generator, from 0 up to 1. */
export function seeded(seed: number): () => number {
  let word = seed >>> 0;
  return () => {
    word = (word + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(word ^ (word >>> 15), word | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An endless story of incidents, kills and pages, fixed by its seed. Step n leaves `state.nextId === n`. */
export function* story(seed: number): Generator<Step, never> {
  const random = seeded(seed);
  let open: string | null = null;
  let kill: string | null = null;
  for (let n = 1; ; n += 1) {
    const parts: Partial<Decision> = {};
    if (kill !== null && random() < 0.5) {
      parts.closedIntent = { id: kill, outcome: 'killed', remaining: [] };
      kill = null;
    } else if (open === null && random() < 0.3) {
      open = `incident-${n}`;
      parts.incidents = [incident(SERVICE, open)];
      parts.pages = [page(SERVICE, `${open}/opened`, n)];
      if (random() < 0.3) kill = `kill-${n}`;
    } else if (open !== null && kill === null) {
      if (random() < 0.5) kill = `kill-${n}`;
      else {
        parts.incidents = [
          incident(SERVICE, open, { status: 'resolved', resolvedWallMs: n, resolvedAtMs: n }),
        ];
        parts.pages = [page(SERVICE, `${open}/resolved`, n), page(SERVICE, `${open}/story`, n)];
        open = null;
      }
    }
    if (kill === `kill-${n}` && open) parts.intent = intent(SERVICE, kill, open);
    const events = Array.from({ length: 1 + Math.floor(random() * 4) }, (_, at) =>
      event(n, `${n}.${at}`, open),
    );
    if (random() < 0.6) parts.sample = { wallMs: n, reason: 'ok', tookMs: n / 3 };
    yield {
      n,
      decision: decision(SERVICE, n, { events, ...parts }),
      posts: random() < 0.3,
      consumes: random() < 0.3,
    };
  }
}
