import type { TrafficMinute } from '../record/record.js';
import type { Ends, Held, TrafficReport } from './model.js';
import { counted, duration } from './words.js';

/** What is read of a gateway at one moment. */
export interface Counters extends Ends {
  /** How long the clients of all answers waited together, ms. */
  tookSumMs: number;
}

export const NO_COUNTERS: Counters = { answered: 0, replayed: 0, refused: 0, clientGone: 0, tookSumMs: 0 };
const NAMES = Object.keys(NO_COUNTERS) as (keyof Counters)[];

/** What has come since; a counter that went down belongs to a new gateway, which began at nothing. */
export function countersSince(before: Counters | null, now: Counters): Counters {
  const known = before ?? NO_COUNTERS;
  const base = NAMES.some((name) => now[name] < known[name]) ? NO_COUNTERS : known;
  return {
    answered: now.answered - base.answered,
    replayed: now.replayed - base.replayed,
    refused: now.refused - base.refused,
    clientGone: now.clientGone - base.clientGone,
    tookSumMs: now.tookSumMs - base.tookSumMs,
  };
}

export function sameCounters(a: Counters, b: Counters): boolean {
  return NAMES.every((name) => a[name] === b[name]);
}

/** What clients saw within the window, to the minute. `seen`: has a gateway ever been read here? */
export function trafficOf(rows: TrafficMinute[], seen: boolean): TrafficReport {
  if (!seen) return { measured: false, why: 'no gateway stands in front of it' };
  const sum = (of: keyof Ends | 'tookSumMs') => rows.reduce((total, row) => total + row[of], 0);
  const [answered, replayed, refused, clientGone] = [
    sum('answered'),
    sum('replayed'),
    sum('refused'),
    sum('clientGone'),
  ];
  const answers = answered + replayed;
  return {
    measured: true,
    sinceWallMs: rows[0] ? rows[0].minute * 60_000 : null,
    requests: answers + refused + clientGone,
    answered,
    replayed,
    refused,
    clientGone,
    visibleFailures: refused,
    latency:
      answers === 0
        ? null
        : {
            meanMs: sum('tookSumMs') / answers,
            maxMs: rows.reduce((most, { tookMaxMs }) => Math.max(most, tookMaxMs), 0),
          },
  };
}

/** Where a service's newest are kept in the record, by incident. */
export const HELD_NOTE = 'held';
export type HeldBook = { [incidentId: string]: Held };

/** As it stands in the timeline; null where nobody asked anything. */
export function heldText({
  waiting,
  longestWaitMs,
  answered,
  replayed,
  refused,
  clientGone,
}: Held): string | null {
  if (waiting + answered + replayed + refused + clientGone === 0) return null;
  const parts = [
    `the gateway kept up to ${counted(waiting, 'request')} waiting, the longest for ${duration(longestWaitMs)}`,
    `${replayed} asked again and answered`,
    `${answered} answered at once`,
    refused === 0 ? 'none refused' : `${refused} refused`,
  ];
  if (clientGone > 0) parts.push(`${counted(clientGone, 'client')} left`);
  return parts.join('; ');
}
