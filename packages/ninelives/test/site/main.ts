import { parseArgs } from 'node:util';
import type { Matrix } from '../../src/layers/matrix.js';
import { Chance } from '../sim/seed/prng.js';
import { CUTS } from './cuts.js';
import { openSite } from './site.js';
import { type Outcome, tryCut } from './trial.js';

/**
 * A line of JSON a cut: `node main.js SEED [--hold SECONDS] [NAME …]`, in the order that the seed gives; held: each cut that
 * nobody mends by itself lasts that long at least. For bench/layers, and by hand.
 */
const { values, positionals } = parseArgs({
  options: { hold: { type: 'string', default: '0' } },
  allowPositionals: true,
});
const [seed = '1', ...names] = positionals;
const chance = new Chance(Number(seed));
const order = CUTS.filter(({ name }) => names.length === 0 || names.some((part) => name.includes(part)))
  .map((cut) => ({ cut, at: chance.bits() }))
  .sort((a, b) => a.at - b.at)
  .map(({ cut }) => cut);
const site = await openSite();
let failed = false;
try {
  const matrix = site.layers() as Matrix;
  for (const cut of order) {
    const outcome: Outcome = await tryCut(site, matrix, cut, Number(values.hold) * 1_000);
    failed ||= outcome.faults.length > 0;
    console.log(JSON.stringify(outcome));
  }
} finally {
  await site.close();
}
process.exitCode = failed ? 1 : 0;
