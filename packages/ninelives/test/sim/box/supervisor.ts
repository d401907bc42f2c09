import type { GpuSample, ProcessSample, UnitPhase, UnitSnapshot } from '../../../src/core/types.js';
import { BASE_BYTES, Life, ROOM_BYTES } from './life.js';
import { type Proc, type Processes, sampleOf } from './processes.js';
import type { Server } from './server.js';
import type { Stage } from './stage.js';

/** systemd.service(5): exit 0 and these signals are a clean end, after which on-failure does nothing. */
const CLEAN = /^(exit status 0|SIG(HUP|INT|TERM|PIPE))/;

/**
 * Whoever restarts the service, with the semantics of systemd 252 as measured (facts/baseline.md): Restart= classes,
 * RestartSec, a start limit that counts every start, and a stop phase that waits for stubborn leftovers.
 */
export class Supervisor {
  phase: UnitPhase = 'inactive';
  life: Life | null = null;
  /** Of the last start that began a life, on the machine's monotonic clock. */
  startedMs = Number.NEGATIVE_INFINITY;
  /** Every start of this boot, virtual ms. */
  starts: number[] = [];
  restarts = 0;
  lastExit: string | null = null;
  /** What the unit's file says; a new edition voids the proof. */
  edition = 1;
  editedMs = 0;
  /** Seen by the world: its own policy revived it, to real work, under this edition. */
  proved = false;
  #stopping = false;
  /** TimeoutStopSec was needed for this end. */
  #timedOut = false;
  /** A start was asked for while it was being stopped: it waits for the end of that. */
  #startsAfterStop = false;
  /** Starts before this are forgotten (reset-failed). */
  #countFromMs = 0;
  #epoch = 0;
  /** It is down, and nothing but a start by hand will change that. */
  onDown: () => void = () => {};
  readonly #chance;

  constructor(
    private readonly stage: Stage,
    private readonly processes: Processes,
    private readonly server: Server,
  ) {
    this.#chance = stage.chance('supervisor');
  }

  /** systemctl start: counts like any start, and does not cut a wait for the next restart short. */
  start(): void {
    if (this.phase === 'deactivating' && this.#stopping) this.#startsAfterStop = true;
    if (this.life || this.phase === 'deactivating' || this.phase === 'auto-restart') return;
    this.#launch('by hand');
  }

  /** systemctl reset-failed: earlier starts are forgotten. */
  resetFailed(): void {
    this.#countFromMs = this.stage.nowMs;
    this.restarts = 0;
    if (this.phase === 'failed') this.phase = 'inactive';
  }

  /** What an admin types when it is down. */
  revive(): void {
    this.stage.log('operator: reset-failed, start');
    if (!this.life) this.resetFailed();
    this.start();
  }

  /** systemctl stop: SIGTERM, and SIGKILL to what is left after TimeoutStopSec. Stays down. */
  stop(): void {
    const { life } = this;
    if (this.phase === 'failed' || this.phase === 'inactive') return;
    this.stage.log('operator: stop');
    this.stage.mark('stopped-by-operator');
    this.#stopping = true;
    if (this.phase === 'auto-restart') {
      this.#epoch += 1;
      this.phase = 'inactive';
      this.onDown();
    }
    if (!life) return;
    this.#epoch += 1;
    this.phase = 'deactivating';
    // SIGCONT follows SIGTERM, so a stopped process ends too.
    if (life.main.state !== 'D')
      this.#later(this.#endsInMs(), () => this.processes.end(life.main, 'SIGTERM'));
    this.#later(this.stage.scenario.unit.stopTimeoutMs, () => {
      this.#timedOut = true;
      this.processes.sigkill(life.main, 'SIGKILL');
    });
  }

  /** systemctl restart: a stop, and a start as soon as it is down. */
  restart(): void {
    this.stop();
    this.start();
  }

  /** How long a process takes to end on SIGTERM. */
  #endsInMs(): number {
    return this.#chance.scale(20, this.stage.scenario.server.endsMs);
  }

  #later(delayMs: number, run: () => void): void {
    const epoch = this.#epoch;
    this.stage.time.after(delayMs, () => {
      if (epoch === this.#epoch) run();
    });
  }

  #launch(how: 'by hand' | 'by itself'): void {
    const { stage, processes } = this;
    const { burst, intervalMs } = stage.scenario.unit;
    const { nowMs } = stage;
    const from = Math.max(this.#countFromMs, nowMs - intervalMs);
    const recent = this.starts.filter((start) => start > from);
    if (burst > 0 && recent.length >= burst) {
      stage.log(`unit: start limit hit (${recent.length} starts), failed`);
      const ours = how === 'by itself' && this.lastExit === 'SIGKILL by guard';
      stage.require(!ours, 'I3', 'a kill of ours made the unit failed');
      stage.mark('start-limit-by-crashes');
      this.phase = 'failed';
      this.onDown();
      return;
    }
    if (how === 'by hand') this.restarts = 0;
    this.starts = [...recent, nowMs];
    this.#stopping = false;
    this.#timedOut = false;
    this.#startsAfterStop = false;
    const no = processes.nextLife();
    const { workers, stubbornWorkers } = stage.scenario.server;
    const main = processes.spawn({
      life: no,
      service: stage.service,
      main: true,
      name: 'server',
      stubborn: false,
      ended: (proc, how) => this.#mainEnded(proc, how),
    });
    const crew = Array.from({ length: workers }, (_, index) =>
      processes.spawn({
        life: no,
        service: stage.service,
        main: false,
        name: `worker-${index}`,
        stubborn: stubbornWorkers,
        ended: () => this.#workerEnded(),
      }),
    );
    const { pid, startTicks } = main;
    const incarnation = { pid, startTicks, bootId: stage.bootId(), invocation: `inv-${no}` };
    this.startedMs = stage.monotonicMs();
    this.life = new Life(no, incarnation, main, crew, nowMs);
    this.life.revived = this.restarts > 0;
    this.phase = 'active';
    stage.log(`unit: life ${no} started, pid ${pid}`);
    this.server.begin(this.life);
  }

  #mainEnded(_main: Proc, how: string): void {
    const life = this.life as Life;
    const { stage } = this;
    this.life = null;
    this.lastExit = how;
    this.#epoch += 1;
    this.server.end(life);
    stage.log(`unit: life ${life.no} ended: ${how}`);
    const { killMode, stopTimeoutMs } = stage.scenario.unit;
    this.phase = 'deactivating';
    // Nobody but a parent keeps a zombie.
    for (const proc of life.workers) if (proc.state === 'Z') this.processes.end(proc, 'reaped');
    if (killMode === 'process') this.#orphan(life);
    if (killMode === 'process' || this.crew().length === 0) return this.#conclude();
    for (const proc of this.crew()) {
      if (killMode === 'mixed') this.processes.sigkill(proc, 'SIGKILL');
      else if (!proc.stubborn) {
        this.#later(this.#endsInMs(), () => this.processes.end(proc, 'SIGTERM'));
      }
    }
    this.#later(stopTimeoutMs, () => {
      this.#timedOut = true;
      for (const proc of this.crew()) this.processes.sigkill(proc, 'SIGKILL');
    });
    // What survives even that is left behind, and the restart goes on beside it (systemd#13288).
    this.#later(2 * stopTimeoutMs, () => this.#conclude());
  }

  /** Most workers notice that their main process is gone; some live on, with the port if they have it. */
  #orphan(life: Life): void {
    for (const proc of life.workers) {
      const stays = life.mode !== 'loading' && this.#chance.yes(0.3);
      if (!stays) this.processes.end(proc, 'exit status 0');
    }
  }

  #workerEnded(): void {
    const waits = this.phase === 'deactivating' && !this.life;
    if (waits && this.stage.scenario.unit.killMode !== 'process' && this.crew().length === 0)
      this.#conclude();
  }

  /** Processes in the unit's cgroup other than the running life's. */
  crew(): Proc[] {
    return this.processes.ofService(this.stage.service).filter((proc) => proc.life !== this.life?.no);
  }

  #conclude(): void {
    if (this.phase !== 'deactivating') return;
    const { restart, restartMs } = this.stage.scenario.unit;
    // Survivors that had to be killed make the cleanest end a failure (Result=timeout).
    const clean = CLEAN.test(this.lastExit ?? '') && !this.#timedOut;
    const again = !this.#stopping && (restart === 'always' || (restart === 'on-failure' && !clean));
    this.#epoch += 1;
    if (!again) {
      this.phase = clean || (this.#stopping && !this.#timedOut) ? 'inactive' : 'failed';
      this.stage.log(`unit: ${this.phase}`);
      if (this.#startsAfterStop) return this.#launch('by hand');
      this.onDown();
      return;
    }
    this.phase = 'auto-restart';
    this.#later(restartMs, () => {
      this.restarts += 1;
      this.#launch('by itself');
    });
  }

  /** The machine went down; the unit is enabled and will be started at boot. */
  reboot(): void {
    this.#epoch += 1;
    if (this.life) this.server.end(this.life);
    this.life = null;
    this.phase = 'inactive';
    this.starts = [];
    this.#countFromMs = 0;
    this.#stopping = false;
    this.#startsAfterStop = false;
    this.lastExit = null;
  }

  /** @param troubled something is wrong, so more is looked at and more often */
  snapshot(troubled: boolean): UnitSnapshot {
    const { stage, life, server } = this;
    const { burst, intervalMs, revives } = stage.scenario.unit;
    const now = stage.nowMs;
    const from = Math.max(this.#countFromMs, now - intervalMs);
    const running = life ? [life.main, ...life.workers.filter((proc) => proc.alive)] : [];
    return {
      supervisor: 'systemd',
      unit: 'model.service',
      phase: this.phase,
      incarnation: life?.incarnation ?? null,
      restarts: this.restarts,
      fingerprint: stage.scenario.needsProof ? { Edition: String(this.edition) } : null,
      lastExit: this.lastExit,
      revivesAfterKill: revives,
      startLimit: { burst, intervalMs },
      recentStartsAtMs: this.starts
        .filter((start) => start > from)
        .map((start) => start - stage.common.bootedAtMs),
      processes: life ? samplesOf(life, running, now) : [],
      readAtMs: stage.monotonicMs(),
      memory: life && { freeBytes: ROOM_BYTES + BASE_BYTES - life.rssBytes(now), of: 'the machine' },
      ...sightOf(stage.scenario.server.unseen, server.gpu.look(life, troubled)),
      leftovers: this.crew().map((proc) => sampleOf(proc, 0)),
      portOwner: server.portOwner(),
    };
  }
}

function sightOf(unseen: boolean, gpu: GpuSample | null): Pick<UnitSnapshot, 'gpu' | 'unseen'> {
  const unread = gpu !== null && 'trouble' in gpu && gpu.hangs ? 'its GPU can’t be read' : null;
  return { gpu, unseen: unseen ? 'it works elsewhere' : unread };
}

/** An engine does nearly all of the work, where there is one. */
const ENGINE_SHARE = 0.9;

function samplesOf(life: Life, running: Proc[], nowMs: number): ProcessSample[] {
  const moved = life.moved(nowMs);
  const engine = life.workers[0];
  const share = engine?.alive ? 1 - ENGINE_SHARE : 1;
  return running.map((proc) => {
    if (proc.main) return sampleOf(proc, moved * share, life.rssBytes(nowMs));
    return sampleOf(proc, proc === engine ? moved * ENGINE_SHARE : 0);
  });
}
