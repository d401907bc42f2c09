import type { InboxRow } from '../../src/record/record.js';
import { Admin } from './box/admin.js';
import { Disk } from './box/disk.js';
import { unleash } from './box/faults.js';
import { LOOKS } from './box/life.js';
import { type Box, SERVICE } from './box/machine.js';
import { Processes } from './box/processes.js';
import { Server } from './box/server.js';
import { Stage } from './box/stage.js';
import { Supervisor } from './box/supervisor.js';
import { Daemon } from './guard/daemon.js';
import { Truth } from './guard/truth.js';
import type { Production } from './mutants/production.js';
import type { Scenario } from './seed/swarm.js';

const MINUTE = 60_000;

/** One box: a machine with a model server, its supervisor, its disk, and the guard's daemon. */
export class World implements Box {
  readonly stage: Stage;
  readonly processes: Processes;
  readonly server: Server;
  readonly supervisor: Supervisor;
  readonly truth: Truth;
  readonly disk: Disk;
  readonly daemon: Daemon;
  readonly admin: Admin;
  readonly #chance;

  constructor(scenario: Scenario, production: Production) {
    this.stage = new Stage(scenario);
    this.processes = new Processes(this.stage);
    this.server = new Server(this.stage, this.processes);
    this.supervisor = new Supervisor(this.stage, this.processes, this.server);
    this.truth = new Truth(this.stage, this.server, this.supervisor);
    this.disk = new Disk(this.stage, production, this.truth, () => this.daemon.no);
    this.daemon = new Daemon(this, production);
    this.admin = new Admin(this);
    this.supervisor.onDown = () => this.admin.summon();
    this.daemon.onPage = () => this.admin.summon();
    this.#chance = this.stage.chance('world');
  }

  begin(): void {
    this.#boot(5_000);
    unleash(this);
  }

  /** The unit is started by the machine, the daemon by its own unit, in either order. */
  #boot(bootingMs: number): void {
    const { stage } = this;
    stage.bootedAtMs = stage.nowMs;
    stage.time.after(bootingMs + this.#chance.scale(100, 20_000), () => this.supervisor.start());
    stage.time.after(bootingMs + this.#chance.scale(100, 20_000), () => this.daemon.start());
  }

  reboot(): void {
    const { stage, truth } = this;
    if (stage.monotonicMs() < MINUTE) return;
    stage.log('the machine goes down');
    const open = this.daemon.guard?.state().incident;
    if (open) stage.mark('reboot-with-open-incident');
    this.daemon.die();
    stage.boot += 1;
    this.processes.clear();
    this.supervisor.reboot();
    this.evictForeign();
    truth.clockIsOdd();
    this.#boot(this.#chance.scale(10_000, 5 * MINUTE));
  }

  evictForeign(): void {
    if (!this.server.foreign) return;
    this.stage.log('the stranger on the port is gone');
    this.server.foreignLeftMs = this.stage.nowMs;
    this.server.foreign = null;
  }

  /** A command from another process; false when even that could not be written. */
  post(command: InboxRow['command']): boolean {
    if (this.disk.full) return false;
    this.stage.log(`operator: ${command.type}`);
    this.disk.record.post({ service: SERVICE, wallMs: this.stage.wallMs(), by: 'operator', command });
    return true;
  }

  /** Faults stop. What the server does stays: a hang is the guard's to heal, everything around it works again. */
  calm(): void {
    const { stage, daemon, disk, server, supervisor } = this;
    stage.log('--- faults stop ---');
    stage.faulty = false;
    disk.mend();
    daemon.probeBlind = false;
    daemon.unitBlind = false;
    server.plans = [];
    server.diesAfterAnswer = false;
    this.evictForeign();
    const { life } = server;
    // Before its first answer it counts as loading for as long as anything moves: no limit is promised there.
    const open = life !== null && life.mode !== 'loading' && !life.answered && LOOKS[life.mode].movesPerS > 0;
    if (life && (open || !LASTING.has(life.mode))) server.recover(life);
    daemon.start();
    this.post({ type: 'resume' });
    const proved = !stage.scenario.needsProof || daemon.guard?.state().power === 'armed';
    const canHeal = proved && stage.scenario.unit.revives === true;
    if (!canHeal && life && !life.healthy) this.processes.end(life.main, 'SIGABRT');
    const tend = () => {
      const down = supervisor.phase === 'failed' || supervisor.phase === 'inactive';
      if (!canHeal) for (const proc of supervisor.crew()) this.processes.sigkill(proc, 'SIGKILL');
      if (down) supervisor.revive();
      stage.time.after(TEND_MS, tend);
    };
    tend();
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
