import type { Stage } from '../box/stage.js';

/** Its work for one service. */
interface Seat {
  begin(): void;
  end(): void;
}

/** One daemon after another: a process that guards every service of the box, and dies as one. */
export class Daemon {
  /** How many there have been. */
  no = 0;
  running = false;
  probeBlind = false;
  unitBlind = false;
  /** Stopped until then. */
  standsUntilMs = 0;
  readonly #chance;

  constructor(
    private readonly stage: Stage,
    private readonly seats: () => readonly Seat[],
  ) {
    this.#chance = stage.chance('daemon/process');
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.no += 1;
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
    this.running = false;
    for (const seat of this.seats()) seat.end();
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
