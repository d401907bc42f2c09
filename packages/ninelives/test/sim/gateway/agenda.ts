/** Virtual time: what happens next, in order of time and then of being planned. */
export interface Agenda {
  nowMs(): number;
  at(atMs: number, run: () => void): void;
  /** Runs until there is nothing left to do, or `untilMs`. */
  run(untilMs: number): void;
}

interface Item {
  atMs: number;
  order: number;
  run: () => void;
}

export function createAgenda(): Agenda {
  const heap: Item[] = [];
  let now = 0;
  let order = 0;
  const before = (a: Item, b: Item) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

  function push(item: Item): void {
    let place = heap.push(item) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] as Item;
      if (!before(item, above)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = item;
  }

  function pop(): Item | undefined {
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      const right = heap[child + 1];
      if (right && before(right, heap[child] as Item)) child += 1;
      const below = heap[child];
      if (!below || !before(below, last)) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = last;
    return first;
  }

  return {
    nowMs: () => now,
    at: (atMs, run) => push({ atMs: Math.max(now, atMs), order: order++, run }),
    run(untilMs) {
      for (let next = heap[0]; next && next.atMs <= untilMs; next = heap[0]) {
        pop();
        now = next.atMs;
        next.run();
      }
      now = Math.max(now, untilMs);
    },
  };
}
