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
  | 'unkillable'
  | 'deaf'
  | 'spin'
  | 'batch'
  | 'gpu-batch'
  | 'client-batch'
  | 'sleep'
  | 'engine-dead'
  | 'engine-zombie'
  | 'one-dead'
  | 'drift'
  | 'leak';

interface Looks {
  /** What real work gets: the right answer, no answer until something changes, either by chance, or this. */
  answer: 'right' | 'never' | 'either' | Exclude<ProbeReason, 'ok'>;
  /** Other clients' requests get done. */
  completes: boolean;
  /** It answers cheap requests: `/health`, and the counter of finished work where it has one. */
  cheap: boolean;
  /** Units of movement (see core/startup.ts) a second. */
  movesPerS: number;
  /** Its GPU works. */
  gpu?: true;
}

export const LOOKS: Record<Mode, Looks> = {
  loading: { answer: 'refused', completes: false, cheap: false, movesPerS: 3 },
  ok: { answer: 'right', completes: true, cheap: true, movesPerS: 0.1 },
  slow: { answer: 'right', completes: true, cheap: true, movesPerS: 1 },
  overload: { answer: 'never', completes: true, cheap: true, movesPerS: 2 },
  wedged: { answer: 'never', completes: false, cheap: true, movesPerS: 0 },
  frozen: { answer: 'never', completes: false, cheap: false, movesPerS: 0 },
  jam: { answer: 'never', completes: false, cheap: false, movesPerS: 2 },
  wrong: { answer: 'wrong', completes: true, cheap: true, movesPerS: 0.1 },
  errors: { answer: 'error', completes: false, cheap: true, movesPerS: 0.1 },
  unavailable: { answer: 'unavailable', completes: false, cheap: true, movesPerS: 0.1 },
  full: { answer: 'busy', completes: true, cheap: true, movesPerS: 2 },
  misconfigured: { answer: 'misconfigured', completes: true, cheap: true, movesPerS: 0.1 },
  flaky: { answer: 'either', completes: true, cheap: true, movesPerS: 0.1 },
  unkillable: { answer: 'never', completes: false, cheap: false, movesPerS: 0 },
  deaf: { answer: 'never', completes: false, cheap: false, movesPerS: 0 },
  spin: { answer: 'never', completes: false, cheap: true, movesPerS: 8 },
  batch: { answer: 'never', completes: false, cheap: true, movesPerS: 8 },
  'gpu-batch': { answer: 'never', completes: false, cheap: true, movesPerS: 0, gpu: true },
  'client-batch': { answer: 'never', completes: false, cheap: true, movesPerS: 0 },
  sleep: { answer: 'never', completes: true, cheap: true, movesPerS: 0.1 },
  'engine-dead': { answer: 'never', completes: false, cheap: true, movesPerS: 0 },
  'engine-zombie': { answer: 'never', completes: false, cheap: true, movesPerS: 0 },
  'one-dead': { answer: 'either', completes: true, cheap: true, movesPerS: 0.1 },
  drift: { answer: 'drift', completes: true, cheap: true, movesPerS: 0.1 },
  leak: { answer: 'right', completes: true, cheap: true, movesPerS: 0.1 },
};

/** A probe that reached this life and was told to the guard: the world's own evidence for I1. */
export interface Told {
  startedMs: number;
  toldMs: number;
  /** How long after its deadline it was told; below 0 within it. */
  lateMs: number;
  reason: ProbeReason;
}

const TOLD_KEPT = 32;
/** Answers that tell against it; a refused request, 429 and drift do not. */
const FAILS: ReadonlySet<ProbeReason> = new Set([
  'timeout',
  'refused',
  'reset',
  'unavailable',
  'error',
  'wrong',
]);
const MIB = 1024 * 1024;
export const BASE_BYTES = 64 * MIB;
const LEAK_MIB_PER_HOUR = 16_384;
/** What the machine has left for it; a leak uses it up. */
export const ROOM_BYTES = 8 * 1024 * MIB;
export const LEAKS_FOR_MS = (ROOM_BYTES / MIB / LEAK_MIB_PER_HOUR) * 3_600_000;

/** A time in one mode: since when, how often others' work gets done in it, and when it last was before it began. */
interface Stretch {
  mode: Mode;
  sinceMs: number;
  everyMs: number;
  lastMs: number;
}

/** How much work of others is done in it by a moment. */
function doneIn({ mode, sinceMs, everyMs }: Stretch, byMs: number): number {
  return LOOKS[mode].completes && everyMs > 0 ? Math.max(0, Math.floor((byMs - sinceMs) / everyMs)) : 0;
}

/** One life of the service as it truly is, and what was truly told about it. Times are virtual ms. */
export class Life {
  mode: Mode = 'loading';
  modeSinceMs: number;
  /** While loading: does anything move? */
  moves = true;
  /** Memory that its loader fills until then, and frees. */
  staged: { bytes: number; untilMs: number } | null = null;
  /** How often other clients' work gets done in the present mode; 0: nobody else is there. */
  everyMs = 0;
  portBound = false;
  /** Started by the supervisor's own policy, not by hand. */
  revived = false;
  /** Evidence against it: what it was asked by name, from its first answer on. */
  told: (Told & { mode: Mode })[] = [];
  answered = false;
  /** Has a daemon that knows of the answer written since? Else only its memory has it. */
  answerOnRecord = false;
  /** What answered so far was a stranger on the port, perhaps seen through by the guard and perhaps not. */
  answeredByStranger = false;
  endedMs: number | null = null;
  lastPassMs = Number.NEGATIVE_INFINITY;
  /** Since when it was asked in vain: the start of the first failure after its last right answer. */
  failingSinceMs: number | null = null;
  /** While it works on a client's batch: how long its like ever took, as the gateway knows it; null: nothing like it. */
  likeMs: number | null = null;
  /** The mode before this one: what was done in it by a moment that the present one does not reach back to. */
  #earlier: Stretch | null = null;
  #completed = 0;
  #passes = 0;
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
    this.#earlier = this.#present;
    this.#lastCompletionMs = last;
    this.mode = mode;
    this.modeSinceMs = nowMs;
    this.everyMs = everyMs;
  }

  get healthy(): boolean {
    return LOOKS[this.mode].answer === 'right';
  }

  completed(nowMs: number): number {
    return this.#completed + this.#sinceMode(nowMs);
  }

  /** The last finished work up to a moment, which may lie a little in the past. */
  lastCompletionMs(byMs: number): number {
    const stretch = (byMs < this.modeSinceMs && this.#earlier) || this.#present;
    const done = doneIn(stretch, byMs);
    return done > 0 ? stretch.sinceMs + done * stretch.everyMs : stretch.lastMs;
  }

  #sinceMode(nowMs: number): number {
    return doneIn(this.#present, nowMs);
  }

  get #present(): Stretch {
    const { mode, modeSinceMs: sinceMs, everyMs } = this;
    return { mode, sinceMs, everyMs, lastMs: this.#lastCompletionMs };
  }

  /** Work of clients that got done, without our own questions. */
  served(nowMs: number): number {
    return this.completed(nowMs) - this.#passes;
  }

  servedInMode(nowMs: number): number {
    return this.#sinceMode(nowMs);
  }

  passed(nowMs: number): void {
    this.#completed += 1;
    this.#passes += 1;
    this.lastPassMs = nowMs;
  }

  moved(nowMs: number): number {
    if (this.mode === 'loading' && !this.moves) return this.#moved;
    return this.#moved + ((nowMs - this.modeSinceMs) / 1000) * LOOKS[this.mode].movesPerS;
  }

  /** Memory of the main process. A leak shows after a while and ends in the kernel's own SIGKILL. */
  rssBytes(nowMs: number): number {
    const leakedMs = this.mode === 'leak' ? nowMs - this.modeSinceMs : 0;
    return BASE_BYTES + this.#stagedBytes(nowMs) + (leakedMs / LEAKS_FOR_MS) * ROOM_BYTES;
  }

  #stagedBytes(nowMs: number): number {
    if (!this.staged || this.mode !== 'loading' || nowMs >= this.staged.untilMs) return 0;
    return (this.staged.bytes * (nowMs - this.bornMs)) / (this.staged.untilMs - this.bornMs);
  }

  /** When its tree last moved by a whole unit, as anyone who looks all the time would know. */
  lastMovedMs(nowMs: number): number {
    const rate = this.mode === 'loading' && !this.moves ? 0 : LOOKS[this.mode].movesPerS;
    return rate > 0 ? Math.max(this.modeSinceMs, nowMs - 1000 / rate) : this.modeSinceMs;
  }

  /** The daemon died that alone knew that this life had answered. */
  forgetAnswer(): void {
    if (this.answerOnRecord) return;
    this.answered = false;
    this.told = [];
  }

  /**
   * @param known the guard asked this very life, not one that it only believed to run
   * @param stranger somebody else on the port answered
   */
  tell(known: boolean, told: Told, stranger: boolean): void {
    if (!known || told.reason === 'blind') return;
    if (told.reason === 'ok' || told.reason === 'wrong') {
      this.answeredByStranger = stranger && (this.answeredByStranger || !this.answered);
      this.answered = true;
    }
    if (!this.answered) return; // whatever fails before the first answer is loading
    if (told.reason === 'ok') this.failingSinceMs = null;
    else if (FAILS.has(told.reason)) this.failingSinceMs ??= told.startedMs;
    this.told.push({ ...told, mode: this.mode });
    if (this.told.length > TOLD_KEPT) this.told.shift();
  }
}
