#!/usr/bin/env node
// Four machines, every cut, in seeded orders: is what `ninelives layers` foretells what arrives? As root, on Linux:
//   npm run check && node bench/layers/run.mjs [--seeds 1,2,3] [--with FILE] [--out docs/bench/layers.md]
// A notifier's server that is away for a real hour takes one; run it on its own, and give its lines to --with:
//   node packages/ninelives/dist/test/site/main.js 1 --hold 3600 notifier > FILE

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ensureSiteNeeds } from '../../packages/ninelives/test/site/needs.mjs';
import { commitWords, machineWords } from '../lib/machine.mjs';
import { table } from '../lib/page.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'packages/ninelives/dist/test/site/main.js');
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1,2,3' },
    with: { type: 'string' },
    out: { type: 'string', default: 'docs/bench/layers.md' },
  },
});

const lacks = existsSync(main) ? ensureSiteNeeds() : 'the tests are not built: npm run check';
if (lacks) {
  console.error(`bench/layers: ${lacks}`);
  process.exit(3);
}
const seeds = values.seeds.split(',');
const outcomes = [];
for (const seed of seeds) outcomes.push(...(await oneOrder(seed)));
if (values.with) outcomes.push(...outcomesIn(readFileSync(values.with, 'utf8')));
writeFileSync(join(root, values.out), page(outcomes));
console.log(`wrote ${values.out}`);
process.exitCode = outcomes.some(({ faults }) => faults.length > 0) ? 1 : 0;

/** One boot of the four machines, and every cut in the order of that seed. */
async function oneOrder(seed) {
  const child = spawn(process.execPath, [main, seed], { stdio: ['ignore', 'pipe', 'inherit'] });
  const found = [];
  for await (const line of createInterface(child.stdout)) {
    const outcome = JSON.parse(line);
    console.log(
      `${seed}  ${outcome.faults.length === 0 ? 'as foretold' : outcome.faults.join('; ')}  ${outcome.cut}`,
    );
    found.push(outcome);
  }
  if (found.length === 0) throw new Error(`seed ${seed}: the machines did not come up`);
  return found;
}

/** What took long was held on purpose: a cut of its own in the table. */
function outcomesIn(lines) {
  const all = lines.split('\n').filter((line) => line.startsWith('{'));
  return all.map((line) => {
    const outcome = JSON.parse(line);
    return { ...outcome, cut: `${outcome.cut}, for ${Math.round(outcome.lastedMs / 60_000)} min` };
  });
}

function page(all) {
  const cuts = [...new Set(all.map(({ cut }) => cut))].sort();
  const rows = cuts.flatMap((cut) => {
    const tries = all.filter((outcome) => outcome.cut === cut);
    return tries[0].rows.map(({ foretold }, at) => {
      const each = tries.map(({ rows: [...list] }) => list[at]);
      return [
        at === 0 ? cut : '',
        wordsOf(foretold),
        foretold.worstMs === null ? 'when it is over' : seconds(foretold.worstMs),
        spread(each.map(({ toldAfterMs }) => toldAfterMs)),
        spread(each.map(({ resolvedAfterMs }) => resolvedAfterMs)),
      ];
    });
  });
  const faults = all.flatMap(({ cut, faults: list }) => list.map((fault) => `- ${cut}: ${fault}`));
  const kept = all.length - all.filter((outcome) => outcome.faults.length > 0).length;
  return `# Layers: foretold, and what arrived

Four machines as network namespaces: the box with a real systemd as PID 1 (the model, the guard and a real \`ssh -R\` tunnel as
its units), a LAN machine (\`ninelives watch\`), the tunnel's edge (sshd), the cloud (the exported Worker in workerd, two servers
shaped as ntfy, a heartbeat service, two control targets). One thing is cut at a time; each page that arrives must be one that
\`ninelives layers\` foretold, from that layer, through its notifier, in its time, once, and with an end. Intervals of a second
stand for minutes.

**${kept} of ${all.length} cuts as foretold**: all of them in ${seeds.length} orders (seeds ${seeds.join(', ')})${values.with ? ', and what was held for longer once' : ''}.
${faults.length > 0 ? `\n${faults.join('\n')}\n` : ''}
${table(['cut', 'who tells', 'foretold within', 'told after', 'its end, after the mending'], rows).join('\n')}

"–": it did not come, and need not: the guard mended it sooner, or it is only foretold that it may. Times from the cut, seconds,
least and most of the orders. An end before the mending is that of what the guard mends by itself.

${machineWords()}, Node ${process.version}, ${commitWords(root)}. Again: \`npm run check && node bench/layers/run.mjs --seeds ${seeds.join(',')}\` (as root).
`;
}

function wordsOf({ layer, about, of, through, maybe }) {
  const what = { loss: 'the loss', silence: `the silence of ${of}`, blind: 'that it could not see' }[about];
  const ways = through.length > 0 ? ` through ${through.join(', ')}` : '';
  return `${layer}: ${what}${ways}${maybe ? ', maybe' : ''}`;
}

function seconds(ms) {
  return `${(ms / 1_000).toFixed(1)}`;
}

function spread(values) {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return '–';
  const [least, most] = [Math.min(...known), Math.max(...known)];
  return seconds(least) === seconds(most) ? seconds(least) : `${seconds(least)} to ${seconds(most)}`;
}
