import { Disk } from './box/disk.js';
import { BOX_FAULTS, unleash } from './box/faults.js';
import { Processes } from './box/processes.js';
import { Stage } from './box/stage.js';
import { Daemon } from './guard/daemon.js';
import type { Seat } from './guard/seat.js';
import type { Truth } from './guard/truth.js';
import type { Production } from './mutants/production.js';
import type { Scenario } from './seed/swarm.js';
import { Tenant } from './tenant.js';

const MINUTE = 60_000;
const NAMES = ['model', 'second', 'third'];

/** One box: a machine with one service or several, its disk, and the guard's daemon. */
export class World {
  readonly stage: Stage;
  readonly disk: Disk;
  readonly daemon: Daemon;
  readonly services: readonly Tenant[];
  readonly #processes: Processes;
  readonly #chance;

  /** @param scenarios one a service; what befalls the box is in the first */
  constructor(scenarios: readonly [Scenario, ...Scenario[]], production: Production) {
    this.stage = new Stage(scenarios[0]);
    this.#chance = this.stage.chance('world');
    this.#processes = new Processes(this.stage);
    const truths = new Map<string, Truth>();
    const seats: Seat[] = [];
    this.daemon = new Daemon(this.stage, () => seats);
    this.disk = new Disk(this.stage, production, truths, () => this.daemon.no);
    const premises = {
      processes: this.#processes,
      disk: this.disk,
      daemon: this.daemon,
      reboot: () => this.#reboot(),
      clockIsOdd: () => this.#clockIsOdd(),
      dropConnections: () => this.#dropConnections(),
    };
    this.services = scenarios.map((scenario, nth) => {
      const stage = nth === 0 ? this.stage : new Stage(scenario, NAMES[nth], this.stage.common);
      return new Tenant(stage, premises, production);
    });
    for (const { stage, truth, seat } of this.services) {
      truths.set(stage.service, truth);
      seats.push(seat);
    }
    if (this.services.length > 1) this.stage.mark('several-services');
  }

  begin(): void {
    this.#boot(5_000);
    for (const [nth, service] of this.services.entries()) {
      unleash(service, (fault) => nth === 0 || !BOX_FAULTS.has(fault));
    }
  }

  /** The units are started by the machine, the daemon by its own unit, in any order. */
  #boot(bootingMs: number): void {
    const { stage } = this;
    stage.common.bootedAtMs = stage.nowMs;
    const soon = () => bootingMs + this.#chance.scale(100, 20_000);
    for (const { supervisor } of this.services) stage.time.after(soon(), () => supervisor.start());
    stage.time.after(soon(), () => this.daemon.start());
  }

  #reboot(): void {
    const { stage } = this;
    if (stage.monotonicMs() < MINUTE) return;
    stage.log('the machine goes down');
    if (this.services.some(({ seat }) => seat.guard?.state().incident))
      stage.mark('reboot-with-open-incident');
    this.daemon.die();
    stage.common.boot += 1;
    this.#processes.clear();
    for (const service of this.services) service.fall();
    this.#clockIsOdd();
    this.#boot(this.#chance.scale(10_000, 5 * MINUTE));
  }

  #clockIsOdd(): void {
    for (const { truth } of this.services) truth.clockIsOdd();
  }

  #dropConnections(): void {
    for (const { server } of this.services) server.dropAll();
  }

  /** Faults stop: everything around the services works again, and what the guard can't do a person does. */
  calm(): void {
    const { stage, daemon, disk, services } = this;
    stage.log('--- faults stop ---');
    stage.common.faulty = false;
    disk.mend();
    daemon.probeBlind = false;
    daemon.unitBlind = false;
    for (const service of services) service.calm();
    daemon.start();
    for (const service of services) service.tend();
  }
}
