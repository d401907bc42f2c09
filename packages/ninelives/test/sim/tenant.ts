import type { InboxRow } from '../../src/record/record.js';
import { Admin } from './box/admin.js';
import type { Disk } from './box/disk.js';
import { LOOKS } from './box/life.js';
import type { Box } from './box/machine.js';
import type { Processes } from './box/processes.js';
import { Server } from './box/server.js';
import type { Stage } from './box/stage.js';
import { Supervisor } from './box/supervisor.js';
import type { Daemon } from './guard/daemon.js';
import { Seat } from './guard/seat.js';
import { Truth } from './guard/truth.js';
import type { Production } from './mutants/production.js';

/** The box that a service shares with others. */
export interface Premises {
  processes: Processes;
  disk: Disk;
  daemon: Daemon;
  reboot: () => void;
  clockIsOdd: () => void;
  dropConnections: () => void;
}

/** One service of the box: a model server, its supervisor, its place in the daemon, its person, and the truth about it. */
export class Tenant implements Box {
  readonly server: Server;
  readonly supervisor: Supervisor;
  readonly truth: Truth;
  readonly admin: Admin;
  readonly seat: Seat;

  constructor(
    readonly stage: Stage,
    private readonly premises: Premises,
    production: Production,
  ) {
    this.server = new Server(stage, premises.processes);
    this.supervisor = new Supervisor(stage, premises.processes, this.server);
    this.truth = new Truth(stage, this.server, this.supervisor);
    this.seat = new Seat(this, production, premises.daemon);
    this.admin = new Admin(this);
    this.supervisor.onDown = () => this.admin.summon();
    this.seat.onPage = () => this.admin.summon();
  }

  get processes(): Processes {
    return this.premises.processes;
  }

  get disk(): Disk {
    return this.premises.disk;
  }

  get daemon(): Daemon {
    return this.premises.daemon;
  }

  get reboot(): () => void {
    return this.premises.reboot;
  }

  get clockIsOdd(): () => void {
    return this.premises.clockIsOdd;
  }

  get dropConnections(): () => void {
    return this.premises.dropConnections;
  }

  evictForeign(): void {
    if (!this.server.foreign) return;
    this.stage.log('the stranger on the port is gone');
    this.server.foreignLeftMs = this.stage.nowMs;
    this.server.foreign = null;
  }

  /** A command from another process; false when even that could not be written. */
  post(command: InboxRow['command']): boolean {
    const { disk, stage } = this;
    if (disk.full) return false;
    stage.log(`operator: ${command.type}`);
    disk.record.post({ service: stage.service, wallMs: stage.wallMs(), by: 'operator', command });
    return true;
  }

  /** The power is gone, and with it the service. */
  fall(): void {
    this.supervisor.reboot();
    this.evictForeign();
  }

  /** Faults stop. What the server does stays: a hang is the guard's to heal. */
  calm(): void {
    const { server } = this;
    server.plans = [];
    server.diesAfterAnswer = false;
    this.evictForeign();
    const { life } = server;
    // Before its first answer it counts as loading for as long as anything moves: no limit is promised there.
    const open = life !== null && life.mode !== 'loading' && !life.answered && LOOKS[life.mode].movesPerS > 0;
    if (life && (open || !LASTING.has(life.mode))) server.recover(life);
  }

  /** What the guard may not heal, a person does; and starts what is down, again and again. */
  tend(): void {
    const { stage, server, supervisor, seat } = this;
    const { life } = server;
    this.post({ type: 'resume' });
    const proved = !stage.scenario.needsProof || seat.state?.power === 'armed';
    const canHeal = proved && stage.scenario.unit.revives === true;
    if (!canHeal && life && !life.healthy) this.processes.end(life.main, 'SIGABRT');
    const round = () => {
      const down = supervisor.phase === 'failed' || supervisor.phase === 'inactive';
      if (!canHeal) for (const proc of supervisor.crew()) this.processes.sigkill(proc, 'SIGKILL');
      if (down) supervisor.revive();
      stage.time.after(TEND_MS, round);
    };
    round();
  }

  get isWell(): boolean {
    if (!this.server.life?.healthy) return false;
    const { state } = this.seat;
    return state?.incident === null && state.intent === null && state.verdict.kind === 'serving';
  }
}

/** An admin at the keyboard once the faults have stopped: starts what is down, this often. */
export const TEND_MS = 15_000;

/** What no passing of time mends: only a restart does. */
const LASTING: ReadonlySet<string> = new Set([
  'loading',
  'ok',
  'slow',
  'wedged',
  'frozen',
  'wrong',
  'errors',
  'deaf',
  'spin',
  'engine-dead',
  'engine-zombie',
  'one-dead',
]);
