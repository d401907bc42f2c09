/** What the line needs to know of those who wait in it. */
export interface Waiting {
  client: string;
  /** When it would be served if all clients took turns; set by `join`, and kept, so that a replay keeps its place. */
  turn: number;
  /** Order of arrival. */
  order: number;
}

/**
 * Start-time fair queueing (Goyal 1996): in order of arrival, except that somebody who sends a hundred at once
 * waits behind somebody who sends one.
 */
export interface Line<T extends Waiting> {
  waiting: T[];
  /** The turn that is being served. */
  now: number;
  /** The next turn of each client that has one ahead. */
  next: Map<string, number>;
}

const REMEMBERED = 4_096;

export function emptyLine<T extends Waiting>(): Line<T> {
  return { waiting: [], now: 0, next: new Map() };
}

/** Gives a newcomer its turn, and its place. */
export function join<T extends Waiting>(line: Line<T>, one: T): void {
  one.turn = Math.max(line.now, line.next.get(one.client) ?? 0);
  if (line.next.size >= REMEMBERED) forget(line);
  line.next.set(one.client, one.turn + 1);
  rejoin(line, one);
}

/** Back into the place it had. */
export function rejoin<T extends Waiting>(line: Line<T>, one: T): void {
  const { waiting } = line;
  let place = waiting.length;
  for (let before = waiting[place - 1]; before && comesFirst(one, before); before = waiting[place - 1])
    place -= 1;
  waiting.splice(place, 0, one);
}

/** Takes the first out. */
export function serve<T extends Waiting>(line: Line<T>): T | undefined {
  const first = line.waiting.shift();
  if (first) line.now = Math.max(line.now, first.turn);
  return first;
}

export function leave<T extends Waiting>(line: Line<T>, one: T): void {
  const place = line.waiting.indexOf(one);
  if (place >= 0) line.waiting.splice(place, 1);
}

/** The last request of whoever has most waiting, and whether that is more than anybody else. Only when it is full. */
export function heaviest<T extends Waiting>(line: Line<T>): { client: string; count: number } | null {
  const counts = new Map<string, number>();
  let most: { client: string; count: number } | null = null;
  for (const { client } of line.waiting) {
    const count = (counts.get(client) ?? 0) + 1;
    counts.set(client, count);
    if (most === null || count > most.count) most = { client, count };
  }
  return most;
}

function comesFirst(one: Waiting, other: Waiting): boolean {
  return one.turn < other.turn || (one.turn === other.turn && one.order < other.order);
}

function forget<T extends Waiting>(line: Line<T>): void {
  for (const [client, turn] of line.next) if (turn <= line.now) line.next.delete(client);
  // All of them have turns ahead: whoever came first loses the penalty, nobody loses a place.
  for (const client of line.next.keys()) {
    if (line.next.size < REMEMBERED) break;
    line.next.delete(client);
  }
}
