#!/usr/bin/env node
// Time from fault to serving, this tool beside its peers, in one run on one booted real systemd. Needs root and Debian.
//   node bench/heal/run.mjs --quick           few rows, one run, about 5 minutes; result under artifacts/heal/
//   node bench/heal/run.mjs --full            all rows, three runs; writes docs/bench/heal.md
//   … --rows wedge,jam --healers ninelives,Cw --runs 3 --limit 60 --parallel 10 --seed 1
//   … --slow           adds the healers on the real two-minute clock (`--once`, B), on rows that hang
//   … --commit REV     measures a commit instead of the build that lies in the checkout
//   … --out FILE       where the table goes
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machineWords, run } from '../lib/machine.mjs';
import { HEALERS } from './healers.mjs';
import { ensurePrograms, prepare } from './prepare.mjs';
import { markdown, oneLine } from './report.mjs';
import { HANG_ROWS, QUICK_ROWS, ROWS } from './rows.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ARTIFACTS = join(ROOT, 'artifacts/heal');
const INSIDE = '/opt/ninelives/artifacts/heal';
const BASE = '/srv/heal';
const NODE = '/opt/node';
/** The real clock of the two-minute healers: two misses, two limits of curl, and a load. */
const SLOW_LIMIT_S = 330;
/** `never` in a quick run. */
const QUICK_LIMIT_S = 75;
const RUN_LIMIT_MS = 6 * 60 * 60_000;

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    slow: { type: 'boolean', default: false },
    rows: { type: 'string' },
    healers: { type: 'string' },
    runs: { type: 'string' },
    limit: { type: 'string' },
    parallel: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 100_000) },
    commit: { type: 'string' },
    out: { type: 'string' },
  },
});
if (!options.quick && !options.full && !options.rows) {
  console.error('bench: say how much\n  next: node bench/heal/run.mjs --quick');
  process.exit(2);
}
process.exitCode = await main();

async function main() {
  const needs = await import('../../packages/ninelives/test/systemd/needs.mjs');
  const lacks = needs.ensureSystemdNeeds();
  if (lacks) {
    console.error(`bench: no real systemd here: ${lacks}`);
    return 3;
  }
  ensurePrograms();
  const measured = prepare(ROOT, ARTIFACTS, options.commit);
  const { bootBox } = await import('../../packages/ninelives/dist/test/systemd/harness/box.js');
  const cells = plan();
  const startedAt = new Date();
  const loadBefore = loadavg()[0];
  console.log(`${cells.length} cells, ${options.parallel} at a time, seed ${options.seed}, ${measured}`);
  const box = await bootBox();
  let results;
  try {
    results = await conduct(box, cells);
  } finally {
    box.down();
  }
  const minutes = (Date.now() - startedAt.getTime()) / 60_000;
  const about = {
    ...machine(),
    measured,
    date: startedAt.toISOString().slice(0, 16).replace('T', ' '),
    minutes,
  };
  about.load = `${loadBefore.toFixed(1)} before, ${loadavg()[0].toFixed(1)} at the end`;
  about.command = `node bench/heal/run.mjs ${process.argv.slice(2).join(' ')}`;
  Object.assign(about, { seed: options.seed, parallel: options.parallel });
  const stamp = startedAt.toISOString().replace(/[:.]/g, '').slice(0, 15);
  const json = join(ARTIFACTS, `${stamp}.json`);
  writeFileSync(json, `${JSON.stringify({ about, results }, null, 1)}\n`);
  const table = markdown(about, results);
  const out =
    options.out ?? (options.full ? join(ROOT, 'docs/bench/heal.md') : join(ARTIFACTS, `${stamp}.md`));
  mkdirSync(join(out, '..'), { recursive: true });
  writeFileSync(out, table);
  console.log(`\n${table}\n${out}\n${json}`);
  const failed = results.filter((result) => result.error).length;
  if (failed > 0) console.error(`bench: ${failed} of ${cells.length} cells could not be measured`);
  return failed > 0 || results.length < cells.length ? 1 : 0;
}

/** Every cell with its moment of the fault and its port, in an order of its own, so that no row meets one load. */
function plan() {
  const random = mulberry32(Number(options.seed));
  const rows = pick(ROWS, options.rows ?? (options.full ? null : QUICK_ROWS.join(',')), 'row');
  const healers = pick(HEALERS, options.healers, 'healer');
  const runs = Number(options.runs ?? (options.quick ? 1 : 3));
  const cells = [];
  for (let nth = 1; nth <= runs; nth += 1) {
    for (const row of rows) {
      for (const healer of healers) {
        if (healer.slow && !options.healers && !(options.slow && HANG_ROWS.includes(row.name))) continue;
        const id = `${row.name}-${healer.name}-${nth}`.replace(/[^a-zA-Z0-9-]/g, '-').replace('--', '-');
        const limitS = healer.slow
          ? SLOW_LIMIT_S
          : Number(options.limit ?? (options.quick ? QUICK_LIMIT_S : row.limitS));
        cells.push({ id, row, healer: healer.name, phase: random(), limitS, order: random() });
      }
    }
  }
  cells.sort((a, b) => a.order - b.order);
  return cells.map((cell, at) => ({ ...cell, port: 20_000 + at }));
}

function pick(all, names, what) {
  if (!names) return all;
  const wanted = names.split(',');
  const known = all.map((one) => one.name);
  const unknown = wanted.filter((name) => !known.includes(name));
  if (unknown.length === 0) return all.filter((one) => wanted.includes(one.name));
  console.error(`bench: no ${what} ${unknown.join(', ')}
  known: ${known.join(', ')}`);
  process.exit(2);
}

async function conduct(box, cells) {
  const place = {
    ...{ node: NODE, base: BASE, bench: `${INSIDE}/bench`, monit: `${INSIDE}/monit/usr/bin/monit` },
    tool: `${INSIDE}/tool/packages/ninelives`,
  };
  box.write(`${BASE}/plan.json`, JSON.stringify({ place, parallel: Number(options.parallel), cells }));
  box.write(`${BASE}/results.jsonl`, '');
  const command = [NODE, `${place.bench}/conduct.mjs`, BASE];
  let ended = null;
  const conducting = box.asRoot(command, { timeoutMs: RUN_LIMIT_MS }).then((ran) => {
    ended = ran;
  });
  const results = [];
  while (ended === null) {
    await Promise.race([conducting, sleep(1_000)]);
    const lines = box.read(`${BASE}/results.jsonl`).split('\n').filter(Boolean);
    for (const line of lines.slice(results.length)) {
      results.push(JSON.parse(line));
      console.log(oneLine(results.at(-1), `${results.length}/${cells.length}`));
    }
  }
  if (ended.code !== 0) console.error(`bench: the conductor ended with ${ended.code}: ${ended.stderr}`);
  return results;
}

function machine() {
  return {
    machine: machineWords(),
    versions: [
      `systemd ${run('systemctl', ['--version']).split(/\s/)[1]}`,
      `Node ${process.versions.node}`,
      run('/usr/bin/python3', ['--version']),
      `monit ${/version ([\d.]+)/.exec(run(join(ARTIFACTS, 'monit/usr/bin/monit'), ['-V']))?.[1]}`,
    ].join(', '),
  };
}

/** A small seeded generator, so that a run can be repeated. */
function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
