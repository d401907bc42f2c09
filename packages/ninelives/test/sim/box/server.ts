import type { ProbeReason, UnitSnapshot } from '../../../src/core/types.js';
import type { Mark } from '../seed/marks.js';
import { Gate } from './gate.js';
import { Gpu } from './gpu.js';
import { type Life, LOOKS, type Mode, ROOM_BYTES } from './life.js';
import type { Proc, Processes } from './processes.js';
import type { Stage } from './stage.js';

/** A request for real work on its way; `settle` is called exactly once. */
interface Ask {
  life: Life;
  startedMs: number;
  deadlineMs: number;
  settled: boolean;
  settle: (reason: ProbeReason, tookMs: number) => void;
}

/** So many loads read the weights into memory and free them on their way, to a GPU say. */
const STAGES = 0.3;

/** Work that takes long and ends by itself. */
const BATCHES: { [mode: string]: Mark } = {
  batch: 'batch-spared',
  'gpu-batch': 'gpu-batch-spared',
  'client-batch': 'client-batch-spared',
};

/** How one of the next lives will go. */
type Plan = 'normal' | 'slow-load' | 'stuck-load' | 'crash' | 'hang';

/** The model server: loads, works, and misbehaves in every way of healing.md §4 that the core can tell apart. */
export class Server {
  /** The life whose main process runs; null between lives. */
  life: Life | null = null;
  /** What the next lives have in store. */
  plans: Plan[] = [];
  /** Who else listens on the port: since when, and what it answers. */
  foreign: { sinceMs: number; answers: ProbeReason } | null = null;
  foreignLeftMs = Number.NEGATIVE_INFINITY;
  /** With its next right answer it dies, and the answer is told late: by then a new life may be up. */
  diesAfterAnswer = false;
  readonly gpu: Gpu;
  readonly gate: Gate;
  readonly #chance;
  #asks: Ask[] = [];

  constructor(
    private readonly stage: Stage,
    private readonly processes: Processes,
  ) {
    this.#chance = stage.chance('server');
    this.gpu = new Gpu(stage);
    this.gate = new Gate(stage);
  }

  /** A new main process begins to load. */
  begin(life: Life): void {
    const { stage } = this;
    this.life = life;
    const plan = this.plans.shift() ?? 'normal';
    const { loadMs } = stage.scenario.server;
    const { startupGraceMs } = stage.scenario.policy;
    let loadForMs = this.#chance.between(loadMs[0], loadMs[1]);
    if (plan === 'slow-load') loadForMs = startupGraceMs * this.#chance.between(1.1, 3);
    life.moves = plan !== 'stuck-load';
    if (life.moves && this.#chance.yes(STAGES)) {
      life.staged = {
        bytes: this.#chance.scale(0.01, 0.5) * ROOM_BYTES,
        untilMs: stage.nowMs + loadForMs / 2,
      };
    }
    if (this.#portTaken(life)) {
      return this.#later(life, 300, () => this.processes.end(life.main, 'exit status 1 (EADDRINUSE)'));
    }
    life.portBound = stage.scenario.server.loadingPort !== 'closed';
    if (plan === 'crash') {
      return this.#later(life, this.#chance.scale(50, 5_000), () =>
        this.processes.end(life.main, 'exit status 1'),
      );
    }
    if (plan === 'stuck-load') return;
    this.#later(life, loadForMs, () => {
      if (this.#portTaken(life)) return this.processes.end(life.main, 'exit status 1 (EADDRINUSE)');
      if (stage.nowMs - life.bornMs > startupGraceMs + 1_000) stage.mark('loading-past-grace');
      life.portBound = true;
      this.enter(life, 'ok');
      if (plan !== 'hang') return;
      this.#later(life, this.#chance.scale(1_000, 60_000), () => {
        if (stage.faulty) this.enter(life, 'wedged'); // what was planned before the faults stopped is off
      });
    });
  }

  #later(life: Life, delayMs: number, run: () => void): void {
    this.stage.time.after(delayMs, () => {
      if (life.endedMs === null && (life.mode === 'loading' || life.healthy)) run();
    });
  }

  #portTaken(life: Life): boolean {
    return this.foreign !== null || this.orphan() !== undefined || life !== this.life;
  }

  /** Changes what the server does, for a while or until its end. */
  enter(life: Life, mode: Mode, forMs?: number): void {
    const { stage } = this;
    if (life.endedMs !== null) return;
    const traffic = stage.scenario.server.trafficEveryMs;
    // Others' work, not ours: some of it gets done, often or rarely.
    const odd = mode === 'overload' || mode === 'sleep';
    life.enter(mode, stage.nowMs, odd ? this.#chance.scale(300, 90_000) : traffic);
    stage.log(
      `server life ${life.no}: ${mode}${forMs === undefined ? '' : ` for ${(forMs / 1000).toFixed(0)} s`}`,
    );
    if (mode === 'frozen') life.main.state = 'T';
    if (mode === 'unkillable') life.main.state = 'D';
    if (LOOKS[mode].answer === 'right') for (const ask of this.#asks.splice(0)) this.#work(ask);
    if (forMs === undefined) return;
    stage.time.after(forMs, () => {
      if (life.mode === mode && life.endedMs === null) this.recover(life);
    });
  }

  /** Whatever it was, it is over; a process that could not die may now. */
  recover(life: Life): void {
    const { stage } = this;
    if (life.mode === 'unkillable') {
      this.processes.wake(life.main);
      if (life.endedMs !== null) return;
    }
    if (life.mode === 'jam') stage.mark('jam-recovered');
    const { failureThreshold } = stage.scenario.policy;
    const missed = life.told.filter(
      ({ toldMs, reason }) => toldMs > life.modeSinceMs && reason === 'timeout',
    );
    const spared = missed.length >= failureThreshold && BATCHES[life.mode];
    if (spared) stage.mark(spared);
    if (life.mode === 'drift') stage.mark('drift-spared');
    if (life.mode === 'overload' && missed.length >= failureThreshold) stage.mark('busy-spared');
    if (life.mode === 'misconfigured' || life.mode === 'full') stage.mark('refused-request-spared');
    this.enter(life, 'ok');
  }

  /** Every connection is lost: a machine that was suspended wakes up. */
  dropAll(): void {
    for (const ask of this.#asks.splice(0)) this.#settle(ask, 'reset');
  }

  /** The main process has ended: whoever waits is told, or finds out at the deadline. */
  end(life: Life): void {
    const { nowMs } = this.stage;
    life.endedMs = nowMs;
    life.enter(life.mode, nowMs, 0);
    if (this.life === life) this.life = null;
    const late = this.stage.faulty ? this.stage.scenario.lateOutcome : 0;
    this.#asks = this.#asks.filter((ask) => {
      if (ask.life !== life || this.#chance.yes(late)) return true;
      this.#settle(ask, 'reset');
      return false;
    });
  }

  /** A process of an earlier life that still has the port. */
  orphan(): Proc | undefined {
    if (this.life?.portBound) return undefined;
    const ours = this.processes.ofService(this.stage.service);
    return ours.find((proc) => proc.life !== this.life?.no && proc.name === 'worker-0');
  }

  portOwner(): UnitSnapshot['portOwner'] {
    if (this.foreign) return { who: 'foreign', text: 'pid 999 (stranger)' };
    if (this.life?.portBound) return { who: 'unit', text: '' };
    const orphan = this.orphan();
    return orphan
      ? { who: 'leftover', text: `pid ${orphan.pid} (${orphan.name})` }
      : { who: 'none', text: '' };
  }

  /** Does somebody else than the running life answer on its port? */
  get masked(): boolean {
    return this.foreign !== null || this.orphan() !== undefined;
  }

  /** Real work is asked for. Answers within the deadline, always, if only by a timeout. */
  ask(deadlineMs: number, settle: (reason: ProbeReason, tookMs: number) => void): void {
    const { time, nowMs } = this.stage;
    const life = this.life;
    if (this.foreign) {
      const { answers } = this.foreign;
      return void time.after(3, () => settle(answers, 3));
    }
    const orphan = this.orphan();
    if (orphan) {
      this.stage.mark('orphan-answers');
      const answers = orphan.pid % 2 === 0 ? 'ok' : 'timeout';
      const tookMs = answers === 'ok' ? 3 : deadlineMs;
      return void time.after(tookMs, () => settle(answers, tookMs));
    }
    if (!life?.portBound) return void time.after(1, () => settle('refused', 1));
    this.#work({ life, startedMs: nowMs, deadlineMs, settled: false, settle });
  }

  #work(ask: Ask): void {
    const { life } = ask;
    const { time, nowMs, scenario } = this.stage;
    const { latencyMs, loadingPort } = scenario.server;
    let answer = LOOKS[life.mode].answer;
    if (life.mode === 'loading') answer = loadingPort === '503' ? 'unavailable' : 'never';
    if (answer === 'either') answer = this.#chance.pick(['right', 'never', 'error', 'error'] as const);
    if (answer === 'never') return this.#hold(ask);
    const slow = life.mode === 'slow' ? 4 : 1;
    const takesMs = answer === 'right' ? latencyMs * slow * this.#chance.between(0.8, 1.3) : 3;
    const leftMs = ask.startedMs + ask.deadlineMs - nowMs;
    if (takesMs >= leftMs) return this.#hold(ask);
    time.after(takesMs, () => {
      if (ask.settled) return;
      if (life.endedMs !== null) return this.#settle(ask, 'reset');
      if (answer === 'right' && LOOKS[life.mode].answer === 'never') return this.#hold(ask);
      this.#settle(ask, answer === 'right' ? 'ok' : answer);
    });
  }

  #hold(ask: Ask): void {
    const { time, nowMs } = this.stage;
    this.#asks.push(ask);
    time.after(ask.startedMs + ask.deadlineMs - nowMs, () => {
      this.#asks = this.#asks.filter((other) => other !== ask);
      this.#settle(ask, 'timeout');
    });
  }

  #settle(ask: Ask, reason: ProbeReason): void {
    if (ask.settled) return;
    ask.settled = true;
    const { nowMs } = this.stage;
    if (reason === 'ok') ask.life.passed(nowMs);
    if (reason === 'ok' && this.diesAfterAnswer) return this.#dieAnswering(ask);
    ask.settle(reason, nowMs - ask.startedMs);
  }

  #dieAnswering(ask: Ask): void {
    const { stage, processes } = this;
    this.diesAfterAnswer = false;
    const tookMs = stage.nowMs - ask.startedMs;
    const lateMs = this.#chance.between(0, ask.deadlineMs - tookMs);
    stage.time.after(lateMs, () => ask.settle('ok', tookMs + lateMs));
    processes.end(ask.life.main, 'SIGSEGV');
  }
}
