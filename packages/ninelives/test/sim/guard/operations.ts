import type { KillIntent } from '../../../src/core/decision.js';
import type { Stage } from '../box/stage.js';
import type { Supervisor } from '../box/supervisor.js';

/** A clearing may follow from a look so long ago (core/remedy.ts). */
const OLDEST_LOOK_MS = 10_000;

/**
 * I4 by the world's own count: one operation on a life; its leftovers again only where another has begun since, which
 * the guard may not have seen.
 */
export class Operations {
  /** `stored`: the record knows of it. What only a dead daemon knew of binds nobody. */
  #known = new Map<string, { intent: KillIntent; stored: boolean }>();

  constructor(
    private readonly stage: Stage,
    private readonly supervisor: Supervisor,
  ) {}

  begin(intent: KillIntent, stored: boolean): void {
    const life = lifeMeant(intent);
    if (intent.incarnation.bootId !== this.stage.bootId()) return; // begun before a reboot: nobody is left to be hit
    for (const { intent: before } of this.#known.values()) {
      if (before.id === intent.id || lifeMeant(before) !== life) continue;
      const begunSince = this.supervisor.startedMs > before.atMs - OLDEST_LOOK_MS;
      const another = intent.what === 'leftovers' && begunSince;
      this.stage.require(another, 'I4', `a second operation on life ${life}`);
    }
    this.#known.set(intent.id, { intent, stored });
  }

  stored(intent: KillIntent): void {
    const operation = this.#known.get(intent.id);
    if (operation) operation.stored = true;
  }

  daemonDied(): void {
    for (const [id, { stored }] of this.#known) if (!stored) this.#known.delete(id);
  }
}

export function lifeMeant(intent: KillIntent): number {
  return Number(intent.incarnation.invocation.replace('inv-', ''));
}
