import type { GpuSample } from '../../../src/core/types.js';
import { type Life, LOOKS } from './life.js';
import type { Stage } from './stage.js';

/** As in host/gpu/nvidia-smi.ts: seldom while all is well, often in trouble, and after trouble of its own. */
const CALM_MS = 60_000;
const URGENT_MS = 2_000;
const AFTER_TROUBLE_MS = 15_000;
const LIMIT_MS = 5_000;

/** The twin of nvidia-smi and of who asks it: an answer is as old as its question, and may be late, or never come. */
export class Gpu {
  /** When a guard could last know that it works. */
  seenAtWorkMs = Number.NEGATIVE_INFINITY;
  #latest: GpuSample | null = null;
  #coming: { sample: GpuSample; readyMs: number } | null = null;
  #askedMs = Number.NEGATIVE_INFINITY;
  readonly #chance;
  readonly #slow: boolean;

  constructor(private readonly stage: Stage) {
    this.#chance = stage.chance('gpu');
    // A machine on which programs take their time, or a driver in trouble.
    this.#slow = this.#chance.yes(0.4);
  }

  /** Another daemon asks anew. */
  forget(): void {
    this.#latest = null;
    this.#coming = null;
    this.#askedMs = Number.NEGATIVE_INFINITY;
  }

  look(life: Life | null, troubled: boolean): GpuSample | null {
    const { stage } = this;
    if (!stage.scenario.server.gpu) return null;
    const { nowMs } = stage;
    if (this.#coming && this.#coming.readyMs <= nowMs) {
      this.#latest = this.#coming.sample;
      this.#coming = null;
    }
    const hung = this.#latest !== null && 'trouble' in this.#latest;
    const everyMs = hung ? AFTER_TROUBLE_MS : troubled ? URGENT_MS : CALM_MS;
    if (life && !this.#coming && nowMs - this.#askedMs >= everyMs) this.#ask(life);
    const latest = this.#latest;
    if (latest && 'busyPercent' in latest && latest.busyPercent !== 0 && this.isRead())
      this.seenAtWorkMs = nowMs;
    if (latest && stage.monotonicMs() - latest.atMs >= 10_000 && troubled) stage.mark('gpu-read-late');
    return latest;
  }

  /** Could somebody who looks now know what it does at this moment? */
  isRead(): boolean {
    const latest = this.#latest;
    return latest !== null && !('trouble' in latest) && this.stage.monotonicMs() - latest.atMs < 10_000;
  }

  #ask(life: Life): void {
    const { stage } = this;
    const { nowMs } = stage;
    this.#askedMs = nowMs;
    const late = this.#slow && stage.faulty && this.#chance.yes(0.3);
    // A guard that has just begun is not behind with anything: its first answer is there within the limit, or is none.
    const mostMs = this.#latest === null ? LIMIT_MS : 40_000;
    const tookMs = late ? this.#chance.scale(2_000, mostMs) : this.#chance.scale(100, 1_500);
    const atMs = stage.monotonicMs();
    // The guard's own limit ends one that hangs, unless the guard stood still itself.
    const hangs = late && tookMs > LIMIT_MS && this.#chance.yes(0.5);
    const sample: GpuSample = hangs
      ? { atMs, trouble: 'nvidia-smi hangs', hangs: true }
      : { atMs, busyPercent: LOOKS[life.mode].gpu ? 97 : 0, usedBytes: null, freeBytes: null };
    this.#coming = { sample, readyMs: nowMs + (hangs ? LIMIT_MS : tookMs) };
  }
}
