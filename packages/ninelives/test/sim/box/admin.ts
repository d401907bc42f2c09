import type { Chance } from '../seed/prng.js';
import type { Box } from './machine.js';

const MINUTE = 60_000;

/** The person who gets the pages, and who alone can do what needs root. Comes after a while, if at all. */
export class Admin {
  readonly #chance: Chance;
  #coming = false;

  constructor(private readonly box: Box) {
    this.#chance = box.stage.chance('admin');
  }

  /** The unit is down for good, or a page says that the guard can't help. */
  summon(): void {
    if (this.#coming) return;
    this.#coming = true;
    this.box.stage.time.after(this.#chance.scale(5 * MINUTE, 180 * MINUTE), () => {
      this.#coming = false;
      if (this.box.stage.faulty) this.#act();
    });
  }

  #act(): void {
    const { supervisor, server, stage } = this.box;
    const { phase } = supervisor;
    if (phase === 'failed' || phase === 'inactive') return supervisor.revive();
    if (server.foreign) return this.box.evictForeign();
    if (!server.life || server.life.healthy) return;
    stage.mark('restarted-by-operator');
    if (server.life.mode === 'unkillable' && this.#chance.yes(0.5)) return this.box.reboot();
    supervisor.restart();
  }
}
