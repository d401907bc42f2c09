import type { TrafficReport } from './model.js';

/** How requests ended, as the gateway counts them since its own start (I9: each in exactly one of these). */
export interface Ends {
  answered: number;
  replayed: number;
  refused: number;
  clientGone: number;
}

/** From the gateway's Prometheus text: `ninelives_gateway_ends_total{end="…"}`. */
export function endsIn(text: string): Ends {
  const count = (end: string) => {
    const found = new RegExp(`^ninelives_gateway_ends_total\\{end="${end}"\\} ([0-9.e+]+)$`, 'm').exec(
      text,
    )?.[1];
    return found === undefined ? 0 : Number(found);
  };
  return {
    answered: count('answered'),
    replayed: count('replayed'),
    refused: count('refused'),
    clientGone: count('client-gone'),
  };
}

/** One hour of traffic, as far as it was counted. */
export interface TrafficHour extends Ends {
  /** Unix hour. */
  hour: number;
}

/** What is kept: the counters as they were last seen, and two weeks of hours. */
export interface TrafficBook {
  last: Ends;
  hours: TrafficHour[];
}

/** Where it is kept in the record. */
export const TRAFFIC_NOTE = 'traffic';
const HOURS_KEPT = 14 * 24;
const HOUR_MS = 60 * 60_000;
const NONE: Ends = { answered: 0, replayed: 0, refused: 0, clientGone: 0 };

/** The book with what has come since; a counter that went down belongs to a new gateway, and begins at nothing. */
export function bookTraffic(book: TrafficBook | null, now: Ends, nowWallMs: number): TrafficBook {
  const before = book?.last ?? NONE;
  const restarted = (Object.keys(NONE) as (keyof Ends)[]).some((end) => now[end] < before[end]);
  const base = restarted ? NONE : before;
  const hour = Math.floor(nowWallMs / HOUR_MS);
  const hours = book?.hours ?? [];
  const last = hours.at(-1);
  const row = last?.hour === hour ? last : { hour, ...NONE };
  const added: TrafficHour = {
    hour,
    answered: row.answered + now.answered - base.answered,
    replayed: row.replayed + now.replayed - base.replayed,
    refused: row.refused + now.refused - base.refused,
    clientGone: row.clientGone + now.clientGone - base.clientGone,
  };
  const older = row === last ? hours.slice(0, -1) : hours;
  return { last: now, hours: [...older, added].slice(-HOURS_KEPT) };
}

/** What clients saw within the window, to the hour. */
export function trafficOf(book: TrafficBook | null | undefined, fromWallMs: number): TrafficReport {
  if (!book) return { measured: false, why: 'no gateway stands in front of it' };
  const rows = book.hours.filter(({ hour }) => (hour + 1) * HOUR_MS > fromWallMs);
  const sum = (end: keyof Ends) => rows.reduce((total, row) => total + row[end], 0);
  const [answered, replayed, refused, clientGone] = [
    sum('answered'),
    sum('replayed'),
    sum('refused'),
    sum('clientGone'),
  ];
  return {
    measured: true,
    sinceWallMs: rows[0] ? Math.max(fromWallMs, rows[0].hour * HOUR_MS) : null,
    requests: answered + replayed + refused + clientGone,
    answered,
    replayed,
    refused,
    clientGone,
    visibleFailures: refused,
  };
}
