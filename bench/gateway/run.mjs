#!/usr/bin/env node
// The gateway beside HAProxy, nginx and Caddy: the same faults for all, and what each costs while all is well.
//   node bench/gateway/run.mjs                     everything, about 10 minutes; writes docs/bench/gateway.md
//   … --rows poison,slow --fronts ninelives,caddy  some of it; the page goes to artifacts/gateway/
//   … --overhead-runs 6 --overhead-seconds 5       0 runs: without that part
//   … --out FILE                                   where the page goes
// The others are Debian's packages, fetched once into artifacts/ and not installed; what can't be had is left out.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { commitWords, machineWords } from '../lib/machine.mjs';
import { freePort } from '../lib/port.mjs';
import { FRONTS, startFront } from './fronts.mjs';
import { measureOverhead } from './overhead.mjs';
import { ensurePrograms } from './programs.mjs';
import { markdown, oneLine } from './report.mjs';
import { ROWS } from './rows.mjs';
import { Server } from './server.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const ARTIFACTS = join(ROOT, 'artifacts/gateway');
const TOOL = join(ROOT, 'packages/ninelives');
/** A variant for one row only; its overhead is nobody's choice. */
const NOT_LOADED = ['haproxy-16m'];

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string' },
    fronts: { type: 'string' },
    'overhead-runs': { type: 'string', default: '6' },
    'overhead-seconds': { type: 'string', default: '4' },
    out: { type: 'string' },
  },
});
if (!existsSync(join(TOOL, 'dist/src/cli/main.js'))) {
  console.error('bench: ninelives is not built\n  next: npm run build');
  process.exit(3);
}
process.exitCode = await main();

async function main() {
  const startedAt = new Date();
  const loadBefore = loadavg()[0];
  const { programs, missing } = ensurePrograms(join(ARTIFACTS, 'programs'));
  for (const why of missing) console.error(`bench: ${why}`);
  const rows = pick(ROWS, options.rows, 'row');
  const fronts = pick(FRONTS, options.fronts, 'front').filter(
    ({ program }) => program === undefined || programs[program],
  );
  const work = mkdtempSync(join(tmpdir(), 'ninelives-bench-'));
  try {
    const faults = [];
    for (const row of rows) faults.push(...(await runRow(row, fronts, { work, programs })));
    const overhead = await runOverhead(fronts, { work, programs });
    const about = {
      date: startedAt.toISOString().slice(0, 16).replace('T', ' '),
      minutes: (Date.now() - startedAt.getTime()) / 60_000,
      measured: commitWords(ROOT),
      machine: machineWords(),
      versions: [
        `Node ${process.versions.node}`,
        ...Object.entries(programs).map(([name, { version }]) => `${name} ${version}`),
      ].join(', '),
      command: ['node bench/gateway/run.mjs', ...shownArgs(process.argv.slice(2))].join(' '),
      load: `${loadBefore.toFixed(1)} before, ${loadavg()[0].toFixed(1)} at the end`,
      missing,
    };
    const failed = faults.filter(({ error }) => error).length;
    write(about, faults, overhead, startedAt);
    if (failed > 0) console.error(`bench: ${failed} of ${faults.length} cells could not be measured`);
    return failed > 0 ? 1 : 0;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Where the page went says nothing about how it was measured. */
function shownArgs(args) {
  const out = args.indexOf('--out');
  return out < 0 ? args : args.filter((_, at) => at !== out && at !== out + 1);
}

function write(about, faults, overhead, startedAt) {
  const stamp = startedAt.toISOString().replace(/[:.]/g, '').slice(0, 15);
  const whole = !options.rows && !options.fronts && overhead.length > 0;
  const out = options.out ?? (whole ? join(ROOT, 'docs/bench/gateway.md') : join(ARTIFACTS, `${stamp}.md`));
  mkdirSync(join(out, '..'), { recursive: true });
  const page = markdown(about, faults, overhead);
  writeFileSync(out, page);
  const json = join(ARTIFACTS, `${stamp}.json`);
  writeFileSync(json, `${JSON.stringify({ about, faults, overhead }, null, 1)}\n`);
  console.log(`\n${page}\n${out}\n${json}`);
}

async function runRow(row, fronts, place) {
  const one = (front) => runCell(row, front, place);
  if (!row.alone) return Promise.all(fronts.map(one));
  const cells = [];
  for (const front of fronts) cells.push(await one(front));
  return cells;
}

async function runCell(row, front, { work, programs }) {
  const folder = mkdtempSync(join(work, `${row.name}-${front.name}-`));
  const server = new Server(await freePort(), folder);
  let up = null;
  let cell = { row: row.name, front: front.name };
  try {
    await server.serving();
    const place = { upstream: server.port, folder: join(folder, 'front'), tool: TOOL, programs };
    up = await startFront(front, place);
    const told = await row.run({ url: up.url, server, front: up });
    cell = { ...cell, ...told, right: row.right(told) };
  } catch (error) {
    cell = { ...cell, error: String(error.stack ?? error) };
  } finally {
    await up?.close();
    await server.close();
  }
  console.log(oneLine(cell));
  return cell;
}

async function runOverhead(fronts, { work, programs }) {
  const runs = Number(options['overhead-runs']);
  const lacks = ['wrk', 'nginx'].filter((name) => !programs[name]);
  if (runs === 0 || lacks.length > 0) {
    if (lacks.length > 0) console.error(`bench: overhead is left out: it needs ${lacks.join(' and ')}`);
    return [];
  }
  const names = fronts.map(({ name }) => name).filter((name) => !NOT_LOADED.includes(name));
  const seconds = Number(options['overhead-seconds']);
  const plan = { folder: join(work, 'overhead'), tool: TOOL, programs, fronts: names, runs, seconds };
  return measureOverhead(plan, ({ front, connections, perSecond, cpuUs, foreign }) => {
    const cpu = cpuUs === null ? '' : `, ${cpuUs.toFixed(0)} µs of CPU each`;
    console.log(
      `${front} at ${connections}: ${perSecond.toFixed(0)}/s${cpu} (others: ${foreign.toFixed(2)} cores)`,
    );
  });
}

function pick(all, names, what) {
  if (!names) return all;
  const wanted = names.split(',');
  const unknown = wanted.filter((name) => !all.some((one) => one.name === name));
  if (unknown.length === 0) return all.filter(({ name }) => wanted.includes(name));
  console.error(
    `bench: no ${what} ${unknown.join(', ')}\n  known: ${all.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
