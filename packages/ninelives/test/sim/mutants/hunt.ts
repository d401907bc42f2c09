import { runWeekend } from '../run.js';
import { hatch } from './hatch.js';
import type { Mutant } from './mutant.js';
import { MUTANTS } from './mutants.js';
import { loadProduction } from './production.js';

/** How a mutant ended. */
export interface Catch {
  mutant: string;
  /** Were the core's own asserts off, so that only the world could catch it? */
  silenced: boolean;
  /** The first seed that caught it, and what was said; null: it lives. */
  seed: number | null;
  said: string;
}

/** Lets each mutant guard up to `seeds` weekends, until one of them shows it. Every other one without the core's asserts. */
export async function hunt(
  source: string,
  limit: { seeds: number; hours: number },
  tell: (caught: Catch) => void,
  mutants: readonly Mutant[] = MUTANTS,
): Promise<Catch[]> {
  const catches: Catch[] = [];
  for (const mutant of mutants) {
    const silenced = MUTANTS.indexOf(mutant) % 2 === 0;
    const { folder, remove } = hatch(source, mutant, silenced);
    try {
      const production = await loadProduction(folder);
      const caught: Catch = { mutant: mutant.name, silenced, seed: null, said: '' };
      const hint = mutant.seed ?? 1;
      for (let nth = 0; nth <= limit.seeds && caught.seed === null; nth++) {
        const seed = nth === 0 ? hint : nth;
        const { broken } = runWeekend(seed, limit.hours, production);
        if (broken) Object.assign(caught, { seed, said: broken.message.split('\n')[0] });
      }
      catches.push(caught);
      tell(caught);
    } finally {
      remove();
    }
  }
  return catches;
}
