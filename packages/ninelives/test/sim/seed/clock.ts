/** One thing that will happen. `run` is null once it was called off. */
export interface Timer {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | null;
}

/** Virtual time: a binary heap of events. Equal times run in the order in which they were set. */
export class VirtualTime {
  nowMs = 0;
  events = 0;
  #heap: Timer[] = [];
  #order = 0;

  after(delayMs: number, run: () => void): Timer {
    const timer = { atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run };
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Timer;
      if (!before(timer, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = timer;
    return timer;
  }

  /** Moves to the next event not after `untilMs` and runs it. False, and time stands at `untilMs`, if none. */
  step(untilMs: number): boolean {
    for (;;) {
      const first = this.#heap[0];
      if (!first || first.atMs > untilMs) {
        this.nowMs = untilMs;
        return false;
      }
      this.#pop();
      if (!first.run) continue;
      this.nowMs = first.atMs;
      this.events += 1;
      first.run();
      return true;
    }
  }

  /** When the next thing happens; never, if nothing will. */
  nextMs(): number {
    for (;;) {
      const first = this.#heap[0];
      if (!first) return Number.POSITIVE_INFINITY;
      if (first.run) return first.atMs;
      this.#pop();
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Timer;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right && before(right, heap[child] as Timer)) child += 1;
      const below = heap[child] as Timer;
      if (!before(below, last)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
