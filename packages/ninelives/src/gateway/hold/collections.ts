const CAPACITY_MIN = 64;

/**
 * A Map from ids (above 0) to items, for items that come and go by the thousand a second. JavaScript's own leaves a table
 * behind whenever it has filled up with deletions; such a table lives on in the old generation and holds everything that it
 * named, so that the collector copies a large part of all requests (measured: pauses of 20 ms, 20 a second). This one
 * changes its tables only when it grows or shrinks. Open addressing, linear probing (Knuth, TAOCP 3, §6.4, algorithm R).
 */
export class IdMap<T> {
  private ids: number[] = [];
  private items: (T | undefined)[] = [];
  private mask = 0;
  private count = 0;

  constructor() {
    this.resize(CAPACITY_MIN);
  }

  get size(): number {
    return this.count;
  }

  get(id: number): T | undefined {
    return this.items[this.placeOf(id)];
  }

  set(id: number, item: T): void {
    if ((this.count + 1) * 2 > this.ids.length) this.resize(this.ids.length * 2);
    const place = this.placeOf(id);
    if (this.ids[place] === 0) this.count += 1;
    this.ids[place] = id;
    this.items[place] = item;
  }

  delete(id: number): void {
    const { ids, items, mask } = this;
    let hole = this.placeOf(id);
    if (ids[hole] === 0) return;
    for (let next = (hole + 1) & mask; ids[next] !== 0; next = (next + 1) & mask) {
      const home = (ids[next] as number) & mask;
      if (((next - home) & mask) < ((next - hole) & mask)) continue; // it would not be found before its home
      ids[hole] = ids[next] as number;
      items[hole] = items[next];
      hole = next;
    }
    ids[hole] = 0;
    items[hole] = undefined;
    this.count -= 1;
    if (ids.length > CAPACITY_MIN && this.count * 8 < ids.length) this.resize(ids.length / 2);
  }

  *values(): Generator<T> {
    const { ids, items } = this;
    for (let place = 0; place < ids.length; place++) if (ids[place] !== 0) yield items[place] as T;
  }

  /** Where that id is, or would be. */
  private placeOf(id: number): number {
    const { ids, mask } = this;
    let place = id & mask;
    while (ids[place] !== 0 && ids[place] !== id) place = (place + 1) & mask;
    return place;
  }

  private resize(capacity: number): void {
    const { ids, items } = this;
    this.ids = new Array<number>(capacity).fill(0);
    this.items = new Array<T | undefined>(capacity).fill(undefined);
    this.mask = capacity - 1;
    for (let place = 0; place < ids.length; place++) {
      const id = ids[place] as number;
      if (id === 0) continue;
      const to = this.placeOf(id);
      this.ids[to] = id;
      this.items[to] = items[place];
    }
  }
}

/** A Set for the few that are on their way at once, without tables too; in no order. */
export class Few<T> {
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  has(item: T): boolean {
    return this.items.includes(item);
  }

  add(item: T): void {
    if (!this.has(item)) this.items.push(item);
  }

  delete(item: T): void {
    const place = this.items.indexOf(item);
    if (place < 0) return;
    const last = this.items.pop() as T;
    if (place < this.items.length) this.items[place] = last;
  }

  [Symbol.iterator](): IterableIterator<T> {
    return this.items[Symbol.iterator]();
  }
}
