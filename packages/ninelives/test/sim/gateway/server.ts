import type { CopyFailure } from '../../../src/gateway/types.js';
import type { Chance } from '../seed/prng.js';
import type { Agenda } from './agenda.js';
import type { Scene } from './scene.js';

/** One copy as the server sees it. */
export interface Copy {
  id: number;
  /** What it does to the server. `kills`: dies of it at once or near the end of the work. */
  work: { ms: number; kills: 'never' | 'at-once' | 'late'; streams: boolean };
  answered(right: boolean): void;
  streaming(): void;
  unavailable(): void;
  failed(how: CopyFailure): void;
  /** Nobody waits for it any more. */
  cancelled: boolean;
}

const RESTART_MS = 200;
const CANARY_LIMIT_MS = 2_000;

/** A model server with a few workers, which can die, hang, load and be slow; a supervisor revives it. */
export class SimServer {
  deaths = 0;
  private phase: 'up' | 'loading' | 'dead' | 'hung' = 'up';
  private life = 1;
  private working: Copy[] = [];
  private waiting: Copy[] = [];
  /** What would have happened while it hung. */
  private stalled: (() => void)[] = [];
  private cpuMs = 0;
  private cpuAtMs = 0;
  private loadMs: number;

  constructor(
    private readonly settings: Scene['server'],
    private readonly agenda: Agenda,
    private readonly chance: Chance,
    /** `of`: the copy that killed it; null for a death of another cause. */
    private readonly onDeath: (of: Copy | null) => void,
  ) {
    this.loadMs = settings.loadMs;
  }

  send(copy: Copy): void {
    this.after(0.1, () => {
      if (copy.cancelled) return;
      if (!this.listens()) return copy.failed('refused');
      if (this.phase === 'loading') return copy.unavailable();
      if (this.phase === 'up' && this.waiting.length >= this.settings.queueMax) return copy.unavailable();
      this.waiting.push(copy);
      this.begin();
    });
  }

  canary(done: (alive: boolean) => void): void {
    const { phase, life } = this;
    if (phase === 'dead') return this.after(1, () => done(false));
    if (phase === 'loading') return this.after(1, () => done(this.settings.loading === 'lying'));
    const late = phase === 'hung' || this.working.length >= this.settings.workers;
    const alive = () => this.life === life && this.phase === 'up' && !late;
    this.after(late ? CANARY_LIMIT_MS : 1, () => done(alive()));
  }

  look(): { cpuMs: number | null; incarnation: string | null } {
    this.useCpu();
    const { visible } = this.settings;
    const incarnation = visible && this.listens() ? `life ${this.life}` : null;
    return { cpuMs: visible ? this.cpuMs : null, incarnation };
  }

  die(of: Copy | null): void {
    if (this.phase === 'dead') return;
    this.onDeath(of);
    this.become('dead');
    this.life += 1;
    this.deaths += 1;
    // Connections break one after the other, in any order.
    for (const copy of [...this.working, ...this.waiting]) {
      this.after(this.chance.between(0, 20), () => copy.failed('cut'));
    }
    [this.working, this.waiting, this.stalled] = [[], [], []];
    this.inLife(RESTART_MS, () => this.load());
  }

  hang(): void {
    if (this.phase !== 'up') return;
    this.become('hung');
    const { life } = this;
    const killed = this.chance.yes(0.7);
    this.after(this.settings.killedAfterMs, () => {
      if (this.life !== life) return;
      if (killed) return this.die(null);
      this.become('up'); // continued
      for (const run of this.stalled.splice(0)) run();
      this.begin();
    });
  }

  breakOne(): void {
    const copy = this.working[0];
    if (!copy || this.phase !== 'up') return;
    this.working.shift();
    copy.failed('cut');
    this.begin();
  }

  /** The next start takes so long. */
  loadFor(ms: number): void {
    this.loadMs = ms;
  }

  healthy(): boolean {
    return this.phase === 'up' && this.waiting.length === 0;
  }

  private load(): void {
    this.become('loading');
    this.inLife(this.loadMs, () => {
      this.become('up');
      this.begin();
    });
    this.loadMs = this.settings.loadMs;
  }

  private begin(): void {
    this.useCpu();
    while (this.working.length < this.settings.workers && this.phase === 'up') {
      const copy = this.waiting.shift();
      if (!copy) return;
      if (!copy.cancelled) this.work(copy);
    }
  }

  private work(copy: Copy): void {
    this.working.push(copy);
    const { ms, kills, streams } = copy.work;
    if (kills === 'at-once') return this.inLife(5, () => this.die(copy));
    if (kills === 'late') return this.inLife(ms * 0.9, () => this.die(copy));
    if (streams) this.inLife(ms * 0.2, () => copy.streaming());
    this.inLife(ms, () => {
      this.useCpu();
      this.working = this.working.filter((one) => one !== copy);
      copy.answered(true);
      this.begin();
    });
  }

  private listens(): boolean {
    return this.phase !== 'dead' && !(this.phase === 'loading' && this.settings.loading === 'closed');
  }

  private become(phase: SimServer['phase']): void {
    this.useCpu();
    this.phase = phase;
  }

  private useCpu(): void {
    const now = this.agenda.nowMs();
    const busy = this.phase === 'loading' || (this.phase === 'up' && this.working.length > 0);
    if (busy) this.cpuMs += now - this.cpuAtMs;
    this.cpuAtMs = now;
  }

  private after(delayMs: number, run: () => void): void {
    this.agenda.at(this.agenda.nowMs() + delayMs, run);
  }

  /** Only if this life still lasts then; when it hangs then, once it is continued. */
  private inLife(delayMs: number, run: () => void): void {
    const { life } = this;
    this.after(delayMs, () => {
      if (this.life !== life) return;
      if (this.phase === 'hung') this.stalled.push(run);
      else run();
    });
  }
}
