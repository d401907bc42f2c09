import type { Production } from './mutants/production.js';
import { type Broken, runWeekend, type Weekend } from './run.js';
import { drawScenarios, type Fault } from './seed/swarm.js';

/** Each try is a whole weekend. */
const TRIES = 60;

/**
 * A shorter story of the same violation: kinds of faults are left out, one after the other, for as long as the same
 * rule still breaks. Every kind has its own stream of chance, so what is left happens when it did.
 */
export function shrink(
  weekend: Weekend & { broken: Broken },
  hours: number,
  production: Production,
): Weekend {
  const { seed, broken } = weekend;
  let shortest: Weekend = weekend;
  let kept = broken.faults ?? faultsOf(seed, hours);
  let tries = 0;
  for (let nth = 0; nth < kept.length && tries < TRIES; tries += 1) {
    const fewer = kept.filter((_, at) => at !== nth);
    const again = runWeekend(seed, hours, production, fewer);
    if (again.broken?.invariant === broken.invariant) {
      shortest = again;
      kept = fewer;
    } else nth += 1;
  }
  return shortest;
}

export function faultsOf(seed: number, hours: number): Fault[] {
  return [...new Set(drawScenarios(seed, hours).flatMap(({ faults }) => faults.map(({ fault }) => fault)))];
}
