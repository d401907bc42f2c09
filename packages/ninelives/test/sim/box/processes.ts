import type { ProcessSample } from '../../../src/core/types.js';
import type { Stage } from './stage.js';

/** A process of the simulated machine. `life` is the number of the service's life it belongs to, 0 a stranger. */
export interface Proc {
  readonly pid: number;
  readonly startTicks: number;
  readonly life: number;
  /** The service it belongs to; '' a stranger's. */
  readonly service: string;
  readonly main: boolean;
  readonly name: string;
  /** Ignores SIGTERM. */
  readonly stubborn: boolean;
  state: 'S' | 'T' | 'D' | 'Z';
  alive: boolean;
  /** SIGKILL was sent while it could not die (D). */
  doomed: boolean;
  readonly ended: (proc: Proc, how: string) => void;
}

/** What a new process is told. */
type Birth = Pick<Proc, 'life' | 'service' | 'main' | 'name' | 'stubborn' | 'ended'>;

/** In turn, as the kernel does; reuse by a stranger is a fault of its own (`#reusePid`). */
const PIDS = 4_000;
const FIRST_PID = 300;

/** Pids, start ticks and signals: the part of a kernel that a kill depends on. */
export class Processes {
  readonly #table = new Map<number, Proc>();
  readonly #services = new Map<string, Set<Proc>>();
  readonly #chance;
  #next = 0;
  #lives = 0;

  constructor(private readonly stage: Stage) {
    this.#chance = stage.chance('processes');
  }

  spawn(of: Birth): Proc {
    let pid = 0;
    do pid = FIRST_PID + (this.#next++ % PIDS);
    while (this.#table.has(pid));
    return this.#enter(pid, of);
  }

  #enter(pid: number, of: Birth): Proc {
    const startTicks = Math.floor(this.stage.monotonicMs() / 10) + 1;
    const proc: Proc = { ...of, pid, startTicks, state: 'S', alive: true, doomed: false };
    this.#table.set(pid, proc);
    if (proc.life > 0) this.#of(proc.service).add(proc);
    return proc;
  }

  find(pid: number): Proc | undefined {
    return this.#table.get(pid);
  }

  /** Every live process of the service, of whatever life. */
  ofService(service: string): Proc[] {
    return [...this.#of(service)];
  }

  /** Lives are numbered over the whole box, so that a number says whose it is. */
  nextLife(): number {
    this.#lives += 1;
    return this.#lives;
  }

  #of(service: string): Set<Proc> {
    const known = this.#services.get(service) ?? new Set();
    this.#services.set(service, known);
    return known;
  }

  sigkill(proc: Proc, by: string): void {
    if (!proc.alive) return;
    if (proc.state === 'D') proc.doomed = true;
    else this.end(proc, by);
  }

  /** The uninterruptible wait is over: a SIGKILL that was pending is delivered now. */
  wake(proc: Proc): void {
    if (!proc.alive || proc.state !== 'D') return;
    proc.state = 'S';
    if (proc.doomed) this.end(proc, 'SIGKILL');
  }

  end(proc: Proc, how: string): void {
    if (!proc.alive) return;
    proc.alive = false;
    this.#table.delete(proc.pid);
    this.#of(proc.service).delete(proc);
    if (proc.life > 0 && this.#chance.yes(0.2)) this.#reusePid(proc.pid);
    proc.ended(proc, how);
  }

  /** A stranger gets the very pid that one of ours had. */
  #reusePid(pid: number): void {
    this.stage.time.after(this.#chance.scale(20, 10_000), () => {
      if (this.#table.has(pid)) return;
      const stranger = this.#enter(pid, {
        life: 0,
        service: '',
        main: false,
        name: 'stranger',
        stubborn: false,
        ended: () => {},
      });
      this.stage.time.after(this.#chance.scale(1_000, 600_000), () => this.end(stranger, 'exit status 0'));
    });
  }

  /** The machine goes down: everything is gone, and nobody is told. */
  clear(): void {
    for (const proc of this.#table.values()) proc.alive = false;
    this.#table.clear();
    this.#services.clear();
  }
}

export function sampleOf(proc: Proc, moved: number, rssBytes = 64 * 1024 * 1024): ProcessSample {
  return {
    pid: proc.pid,
    startTicks: proc.startTicks,
    name: proc.name,
    state: proc.state,
    cpuMs: moved * 100,
    rssBytes,
    ioBytes: 0,
    main: proc.main,
  };
}
