import type { Truth } from '../guard/truth.js';
import type { Production } from '../mutants/production.js';
import { compared, ledger, type SimRecord } from './ledger.js';
import type { Stage } from './stage.js';

/** Thrown through the loop at the very line at which the simulated daemon gets its SIGKILL. */
export const DAEMON_KILLED = new Error('the simulated daemon was killed here');

/** The record on a disk that may be full, in a machine whose daemon may die at any line around a commit. */
export class Disk {
  full = false;
  readonly record: SimRecord;
  #reserve = true;
  readonly #chance;

  constructor(
    private readonly stage: Stage,
    production: Production,
    truths: ReadonlyMap<string, Truth>,
    daemonNo: () => number,
  ) {
    this.#chance = stage.chance('disk');
    const inner = stage.scenario.strict ? compared(ledger(), production.memoryRecord()) : ledger();
    // One for all: the trace of where it came from costs more than everything else about it.
    const noSpace = new production.RecordUnavailableError('no space left on device');
    const refuse = () => {
      if (this.full) throw noSpace;
    };
    this.record = {
      ...inner,
      commit: (service, decision, options) => {
        refuse();
        const fresh = decision.intent?.atMs === stage.monotonicMs();
        const closes = decision.closedIntent !== null;
        if ((fresh || closes) && this.#dies()) throw DAEMON_KILLED;
        inner.commit(service, decision, options);
        truths.get(service)?.stored(decision, daemonNo());
        if (closes && this.#dies()) {
          stage.mark('daemon-died-after-outcome');
          throw DAEMON_KILLED;
        }
        if (fresh && this.#dies()) {
          stage.mark('daemon-died-before-perform');
          throw DAEMON_KILLED;
        }
      },
      inbox: (service) => {
        const rows = inner.inbox(service);
        truths.get(service)?.commanded(rows);
        return rows;
      },
      post: (row) => {
        refuse();
        return inner.post(row);
      },
    };
  }

  #dies(): boolean {
    return this.stage.faulty && this.#chance.yes(this.stage.scenario.deathAroundKill / 2);
  }

  fill(forMs: number): void {
    if (this.full) return;
    this.full = true;
    this.stage.log(`disk: full for ${(forMs / 1000).toFixed(0)} s`);
    this.stage.time.after(forMs, () => this.mend());
  }

  mend(): void {
    if (this.full) this.stage.log('disk: has room');
    this.full = false;
    this.#reserve = true;
  }

  /** Giving up the reserve makes room once, and not always: somebody else may be writing too. */
  makeRoom(): boolean {
    if (!this.#reserve) return false;
    this.#reserve = false;
    if (this.#chance.yes(0.5)) return false;
    this.full = false;
    this.stage.mark('room-was-made');
    this.stage.log('disk: the reserve was given up');
    return true;
  }
}
