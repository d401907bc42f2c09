import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MARKS, type Mark } from './marks.js';
import { loadProduction } from './production.js';
import { runWeekend } from './run.js';

const HERE = dirname(fileURLToPath(import.meta.url));
/** The real thing: `dist/src` beside `dist/test`. */
const SOURCE = join(HERE, '..', '..', 'src');

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '200' },
    hours: { type: 'string', default: '6' },
  },
});
const production = await loadProduction(SOURCE);
const t0 = performance.now();
const marks = new Set<Mark>();
let events = 0,
  kills = 0,
  incidents = 0,
  virtual = 0;
for (let seed = Number(values.seed), end = seed + Number(values.runs); seed < end; seed++) {
  const w = runWeekend(seed, Number(values.hours), production);
  for (const m of w.marks) marks.add(m);
  events += w.events;
  kills += w.kills;
  incidents += w.incidents;
  virtual += w.virtualMs;
  if (w.broken) {
    console.log(w.broken.lines.join('\n'));
    console.log(`seed ${seed}: ${w.broken.invariant} ${w.broken.message}`);
    process.exit(1);
  }
}
console.log({ events, kills, incidents, years: virtual / 3.15e10, s: (performance.now() - t0) / 1000 });
console.log(
  'missing',
  MARKS.filter((m) => !marks.has(m)),
);
