import { parseArgs } from 'node:util';
import { runMonth } from './month.js';

// By hand: node packages/beacon/dist/test/months/main.js --months 1000 [--seed 1] [--blip 0.01] [--threshold 3] [--calm]
const { values } = parseArgs({
  options: {
    months: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    blip: { type: 'string', default: '0.01' },
    threshold: { type: 'string', default: '3' },
    calm: { type: 'boolean', default: false },
  },
});
const options = { blip: Number(values.blip), threshold: Number(values.threshold), calm: values.calm };
const months = Number(values.months);
const sums = new Map<
  string,
  { looks: number; falsePages: number; pages: number; repeats: number; deaths: number; gaveUp: number }
>();
let broken = 0;
for (let seed = Number(values.seed); seed < Number(values.seed) + months; seed += 1) {
  const { violations, layers } = await runMonth(seed, options);
  for (const line of violations) console.log(`seed ${seed}: ${line}`);
  broken += violations.length;
  for (const { layer, ...counts } of layers) {
    const sum = sums.get(layer) ?? { looks: 0, falsePages: 0, pages: 0, repeats: 0, deaths: 0, gaveUp: 0 };
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += counts[key];
    sums.set(layer, sum);
  }
}
for (const [layer, sum] of sums) {
  const perMonth = (sum.falsePages / months).toFixed(4);
  console.log(
    `${layer}: ${months} months, ${sum.looks} looks, ${sum.pages} pages, false pages a month ${perMonth}, ${sum.repeats} repeats after ${sum.deaths} deaths in the window, ${sum.gaveUp} given up after a day without a way`,
  );
}
process.exitCode = broken > 0 ? 1 : 0;
