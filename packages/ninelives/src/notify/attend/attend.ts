import type { PagingPolicy } from '../../config/service.js';
import { fallBack, followUp, overtaken, press, sayGivenUp } from './press.js';
import { keepQuiet } from './quiet.js';
import type { Attention, OutboxView } from './view.js';

/** Nothing but delivery: each page to each notifier, once. */
export const PLAIN: PagingPolicy = {
  routes: {},
  remindMs: null,
  fallbackAfterMs: Number.POSITIVE_INFINITY,
  giveUpMs: 24 * 3_600_000,
  flapping: null,
  maintenance: [],
};

/** Whom a page goes to at once: neither the second in line nor somebody's fallback. */
export function firstLine(notifiers: readonly string[], { routes }: Pick<PagingPolicy, 'routes'>): string[] {
  const fallbacks = new Set(Object.values(routes).flatMap(({ fallback }) => fallback));
  return notifiers.filter((name) => (routes[name]?.afterMs ?? null) === null && !fallbacks.has(name));
}

/**
 * What the outbox has to change about itself now: rows that must be there, rows that will not be sent, rows that wait. Pure,
 * and a function of the record alone, so that a restart goes on where the last one ended; ids make it the same row however
 * often it is asked. What it says is applied in one transaction before anything is sent.
 */
export function attend(view: OutboxView, policy: PagingPolicy, wallMs: number): Attention {
  const told = firstLine(view.notifiers, policy);
  const quiet = keepQuiet(view, policy, told, wallMs);
  const withheld = new Map([...overtaken(view, policy), ...quiet.withhold].map((row) => [row.id, row]));
  // What is withheld in this very step is as good as never told.
  const rest: OutboxView = {
    ...view,
    rows: view.rows.map((row) => {
      const why = withheld.get(row.id)?.why;
      return why === undefined ? row : { ...row, withheld: why, gaveUpWallMs: wallMs };
    }),
  };
  const add = [
    ...quiet.add,
    ...press(rest, policy, told, wallMs),
    ...followUp(rest),
    ...fallBack(rest, policy, quiet.hold, wallMs),
    ...sayGivenUp(rest, told),
  ];
  const once = new Map(add.map((row) => [JSON.stringify([row.page.id, row.notifier]), row]));
  return { add: [...once.values()], withhold: [...withheld.values()], hold: quiet.hold };
}
