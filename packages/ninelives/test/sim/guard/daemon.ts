import type { Stage } from '../box/stage.js';

/** Its work for one service. */
interface Seat {
  readonly answered: boolean;
  readonly state: { incident: { status: string } | null } | null;
  begin(): void;
  end(): void;
}

const CRON_MS = 120_000;
/** As in daemon/pass.ts; one that is twice as old is ended by the next (daemon/make-way.ts). */
const PASS_LIMIT_MS = 10 * 60_000;

/** One daemon after another: a process that guards every service of the box, and dies as one; or one pass after another. */
export class Daemon {
  /** How many there have been. */
  no = 0;
  running = false;
  probeBlind = false;
  unitBlind = false;
  /** Stopped until then. */
  standsUntilMs = 0;
  readonly cron: boolean;
  readonly #chance;
  #begunMs = 0;
  /** The boot whose cron runs. */
  #cronOf = 0;

  constructor(
    private readonly stage: Stage,
    private readonly seats: () => readonly Seat[],
  ) {
    this.#chance = stage.chance('daemon/process');
    this.cron = stage.scenario.cron;
  }

  /** What revives it does so: its unit, or cron. */
  start(): void {
    if (!this.cron) return this.#begin();
    const { boot } = this.stage.common;
    if (this.#cronOf === boot) return;
    this.#cronOf = boot;
    this.#everyTwoMinutes(boot);
  }

  #everyTwoMinutes(boot: number): void {
    const { stage } = this;
    if (stage.common.boot !== boot) return;
    stage.time.after(CRON_MS, () => this.#everyTwoMinutes(boot));
    if (this.running && !this.#isHungPass()) return stage.mark('pass-left-to-another');
    if (this.running) stage.mark('pass-over-a-frozen-one');
    this.die();
    if (this.seats().some(({ state }) => state?.incident?.status === 'escalated'))
      stage.mark('escalated-between-passes');
    this.#begin();
    const { no } = this;
    const atLimit = () => {
      if (this.no !== no || !this.running) return;
      stage.mark('pass-at-its-limit');
      this.#end();
    };
    stage.time.after(PASS_LIMIT_MS, atLimit);
  }

  /** Stopped (T), or older than any pass may be. */
  #isHungPass(): boolean {
    const { nowMs } = this.stage;
    return nowMs < this.standsUntilMs || nowMs - this.#begunMs > 2 * PASS_LIMIT_MS;
  }

  /** A service has its answer; with that of the last one, the pass ends. */
  answered(): void {
    const { no } = this;
    if (!this.seats().every((seat) => seat.answered)) return;
    this.stage.time.after(1, () => {
      if (this.no === no) this.#end();
    });
  }

  #end(): void {
    if (!this.running) return;
    this.running = false;
    for (const seat of this.seats()) seat.end();
  }

  #begin(): void {
    if (this.running) return;
    this.running = true;
    this.no += 1;
    this.#begunMs = this.stage.nowMs;
    this.standsUntilMs = 0;
    this.stage.log(`daemon ${this.no}: started`);
    const { no } = this;
    // It may die while it begins with the first of them.
    for (const seat of this.seats()) if (this.running && this.no === no) seat.begin();
  }

  /** SIGKILL to the daemon: whatever it had in memory or in flight is gone. */
  die(): void {
    if (!this.running) return;
    const { stage } = this;
    stage.log(`daemon ${this.no}: killed`);
    this.#end();
    if (this.cron) return;
    const awayMs = stage.faulty ? this.#chance.scale(500, 1_800_000) : 1_000;
    const { boot } = stage.common;
    stage.time.after(awayMs, () => {
      if (stage.common.boot === boot) this.start();
    });
  }

  /** It is stopped (SIGSTOP, a machine short of memory) and goes on as if nothing had been. */
  stall(forMs: number): void {
    const { stage } = this;
    if (!this.running) return;
    stage.log(`daemon ${this.no}: stands still for ${(forMs / 1000).toFixed(0)} s`);
    stage.mark('daemon-stalled');
    this.standsUntilMs = Math.max(this.standsUntilMs, stage.nowMs + forMs);
  }
}
