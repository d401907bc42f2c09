import type { Incarnation, ProbeReason } from '../../../src/core/types.js';
import type { Proc } from './processes.js';

/** What a server is doing. What that looks like from outside is in `LOOKS`. */
export type Mode =
  | 'loading'
  | 'ok'
  | 'slow'
  | 'overload'
  | 'wedged'
  | 'frozen'
  | 'jam'
  | 'wrong'
  | 'errors'
  | 'unavailable'
  | 'full'
  | 'misconfigured'
  | 'flaky'
  | 'unkillable';

interface Looks {
  /** What real work gets: the right answer, no answer until something changes, either by chance, or this. */
  answer: 'right' | 'never' | 'either' | Exclude<ProbeReason, 'ok'>;
  /** Other clients' requests get done. */
  completes: boolean;
  /** Its progress counter can be read. */
  readable: boolean;
  /** Units of movement (see core/startup.ts) a second. */
  movesPerS: number;
}

export const LOOKS: Record<Mode, Looks> = {
  loading: { answer: 'refused', completes: false, readable: false, movesPerS: 3 },
  ok: { answer: 'right', completes: true, readable: true, movesPerS: 0.1 },
  slow: { answer: 'right', completes: true, readable: true, movesPerS: 1 },
  overload: { answer: 'never', completes: true, readable: true, movesPerS: 2 },
  wedged: { answer: 'never', completes: false, readable: true, movesPerS: 0 },
  frozen: { answer: 'never', completes: false, readable: false, movesPerS: 0 },
  jam: { answer: 'never', completes: false, readable: false, movesPerS: 2 },
  wrong: { answer: 'wrong', completes: true, readable: true, movesPerS: 0.1 },
  errors: { answer: 'error', completes: false, readable: true, movesPerS: 0.1 },
  unavailable: { answer: 'unavailable', completes: false, readable: true, movesPerS: 0.1 },
  full: { answer: 'busy', completes: true, readable: true, movesPerS: 2 },
  misconfigured: { answer: 'misconfigured', completes: true, readable: true, movesPerS: 0.1 },
  flaky: { answer: 'either', completes: true, readable: true, movesPerS: 0.1 },
  unkillable: { answer: 'never', completes: false, readable: false, movesPerS: 0 },
};

/** A probe that reached this life and was told to the guard: the world's own evidence for I1. */
export interface Told {
  startedMs: number;
  toldMs: number;
  reason: ProbeReason;
}

const TOLD_KEPT = 32;

/** One life of the service as it truly is, and what was truly told about it. Times are virtual ms. */
export class Life {
  mode: Mode = 'loading';
  modeSinceMs: number;
  /** While loading: does anything move? */
  moves = true;
  /** How often other clients' work gets done in the present mode; 0: nobody else is there. */
  everyMs = 0;
  portBound = false;
  /** Started by the supervisor's own policy, not by hand. */
  revived = false;
  /** Evidence against it: what it was asked by name, from its first answer on. */
  told: Told[] = [];
  answered = false;
  endedMs: number | null = null;
  lastPassMs = Number.NEGATIVE_INFINITY;
  #completed = 0;
  #lastCompletionMs = Number.NEGATIVE_INFINITY;
  #moved = 0;

  constructor(
    readonly no: number,
    readonly incarnation: Incarnation,
    readonly main: Proc,
    readonly workers: Proc[],
    readonly bornMs: number,
  ) {
    this.modeSinceMs = bornMs;
  }

  enter(mode: Mode, nowMs: number, everyMs: number): void {
    this.#moved = this.moved(nowMs);
    const last = this.lastCompletionMs(nowMs);
    this.#completed = this.completed(nowMs);
    this.#lastCompletionMs = last;
    this.mode = mode;
    this.modeSinceMs = nowMs;
    this.everyMs = everyMs;
  }

  get healthy(): boolean {
    return this.mode === 'ok' || this.mode === 'slow';
  }

  completed(nowMs: number): number {
    return this.#completed + this.#sinceMode(nowMs);
  }

  lastCompletionMs(nowMs: number): number {
    const more = this.#sinceMode(nowMs);
    return more > 0 ? this.modeSinceMs + more * this.everyMs : this.#lastCompletionMs;
  }

  #sinceMode(nowMs: number): number {
    if (!LOOKS[this.mode].completes || this.everyMs === 0) return 0;
    return Math.floor((nowMs - this.modeSinceMs) / this.everyMs);
  }

  passed(nowMs: number): void {
    this.#completed += 1;
    this.lastPassMs = nowMs;
  }

  moved(nowMs: number): number {
    if (this.mode === 'loading' && !this.moves) return this.#moved;
    return this.#moved + ((nowMs - this.modeSinceMs) / 1000) * LOOKS[this.mode].movesPerS;
  }

  /** When its tree last moved by a whole unit, as anyone who looks all the time would know. */
  lastMovedMs(nowMs: number): number {
    const rate = this.mode === 'loading' && !this.moves ? 0 : LOOKS[this.mode].movesPerS;
    return rate > 0 ? Math.max(this.modeSinceMs, nowMs - 1000 / rate) : this.modeSinceMs;
  }

  /** @param known the guard asked this very life, not one that it only believed to run */
  tell(known: boolean, told: Told): void {
    if (!known || told.reason === 'blind') return;
    if (told.reason === 'ok' || told.reason === 'wrong') this.answered = true;
    if (!this.answered) return; // whatever fails before the first answer is loading
    this.told.push(told);
    if (this.told.length > TOLD_KEPT) this.told.shift();
  }
}
