/** One thing that will happen. `run` is null once it was called off. */
export interface Timer {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | null;
}

/** Virtual time. Equal times run in the order in which they were set. */
export class VirtualTime {
  nowMs = 0;
  events = 0;
  /** What happens in the world, and the guards' own ticks: kept apart, so that the world can be asked when it stirs. */
  readonly #world = new Heap();
  readonly #ticks = new Heap();
  #order = 0;

  after(delayMs: number, run: () => void): Timer {
    return this.#world.push({ atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run });
  }

  tickAfter(delayMs: number, run: () => void): Timer {
    return this.#ticks.push({ atMs: this.nowMs + Math.max(0, delayMs), order: this.#order++, run });
  }

  /** Moves to the next event not after `untilMs` and runs it. False, and time stands at `untilMs`, if none. */
  step(untilMs: number): boolean {
    const world = this.#world.first();
    const tick = this.#ticks.first();
    const heap = !tick || (world && before(world, tick)) ? this.#world : this.#ticks;
    const next = heap === this.#world ? world : tick;
    if (!next || next.atMs > untilMs) {
      this.nowMs = untilMs;
      return false;
    }
    heap.pop();
    this.nowMs = next.atMs;
    this.events += 1;
    next.run?.();
    return true;
  }

  /** When the next thing happens in the world, whatever the guards do; never, if nothing will. */
  nextMs(): number {
    return this.#world.first()?.atMs ?? Number.POSITIVE_INFINITY;
  }
}

/** A binary heap of timers. */
class Heap {
  readonly #timers: Timer[] = [];

  push(timer: Timer): Timer {
    const heap = this.#timers;
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

  /** The first that was not called off. */
  first(): Timer | undefined {
    for (;;) {
      const first = this.#timers[0];
      if (!first || first.run) return first;
      this.pop();
    }
  }

  pop(): void {
    const heap = this.#timers;
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
