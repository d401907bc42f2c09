/**
 * Chance from a seed. Each subsystem forks its own stream by name, so that one more draw here does not shift
 * what happens there.
 */
export class Chance {
  #state: number;

  constructor(private readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** A stream of its own; depends on our seed and the name only, not on what was drawn so far. */
  fork(name: string): Chance {
    let hash = this.seed ^ 0x811c9dc5;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    return new Chance(new Chance(hash).bits());
  }

  /** mulberry32, 32 bits. */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** In [low, high). */
  between(low: number, high: number): number {
    return low + (this.bits() / 0x1_0000_0000) * (high - low);
  }

  /** Whole, in [low, high]. */
  int(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  /** Spread evenly over orders of magnitude: durations. Whole. */
  scale(low: number, high: number): number {
    return Math.round(Math.exp(this.between(Math.log(low), Math.log(high))));
  }

  yes(probability: number): boolean {
    return this.between(0, 1) < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.int(0, list.length - 1)] as T;
  }

  /** The wait until the next of events that come at random, `mean` apart. */
  wait(mean: number): number {
    return -Math.log(1 - this.between(0, 1)) * mean;
  }
}
