#!/usr/bin/env node
// The zoo of misbehaving servers under `ninelives up` on its default settings, on the real clock, in one run.
//   node bench/verdict/run.mjs [CLASS …] [--at-once 8] [--saturated 600] [--pace usual|quick] [--json FILE] [--write]
// CLASS: names or faults of test/zoo/table.ts, or "embedder"; all of them when none is given.
// --write puts the table into docs/bench/verdict.md, between its two marks.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import { sentencesOf, tableOf, whereOf } from './table.mjs';

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    'at-once': { type: 'string', default: '8' },
    saturated: { type: 'string', default: '600' },
    pace: { type: 'string', default: 'usual' },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const zooFolder = new URL('../../packages/ninelives/dist/test/zoo/', import.meta.url);
const doc = new URL('../../docs/bench/verdict.md', import.meta.url);
if (!existsSync(new URL('table.js', zooFolder))) {
  console.error('bench: the zoo is not built\n  next: npx tsc -p packages/ninelives');
  process.exit(3);
}
const { ZOO } = await import(new URL('table.js', zooFolder));
const { runClass } = await import(new URL('run-class.js', zooFolder));
const { runSaturation } = await import(new URL('saturation.js', zooFolder));

const isWanted = (...names) => wanted.length === 0 || names.some((name) => wanted.includes(name));
const classes = ZOO.filter((zoo) => isWanted(zoo.name, zoo.fault));
const unknown = wanted.filter(
  (name) => name !== 'embedder' && !ZOO.some((zoo) => [zoo.name, zoo.fault].includes(name)),
);
if (unknown.length > 0) {
  console.error(
    `bench: no class ${unknown.join(', ')}\n  next: one of ${ZOO.map((zoo) => zoo.name).join(', ')}`,
  );
  process.exit(2);
}

const startedMs = performance.now();
const loadBefore = loadavg()[0];
const results = await runAll();
const minutes = (performance.now() - startedMs) / 60_000;
// By itself: it takes all the machine, and would make everybody else late.
const saturation = isWanted('embedder')
  ? await runSaturation(options.pace, Number(options.saturated) * 1_000)
  : null;
report();

/** The slow ones first, so that the run is as long as the longest and no longer. */
async function runAll() {
  const patienceMs = (zoo) => zoo[options.pace].limitMs + (zoo[options.pace].lastsMs ?? 0);
  const queue = [...classes].sort((a, b) => patienceMs(b) - patienceMs(a));
  const done = new Map();
  const lane = async () => {
    for (let zoo = queue.shift(); zoo; zoo = queue.shift()) {
      done.set(zoo.name, await runOne(zoo));
    }
  };
  await Promise.all(Array.from({ length: Number(options['at-once']) }, lane));
  return classes.map((zoo) => ({ zoo, ...done.get(zoo.name) }));
}

async function runOne(zoo) {
  try {
    const { seen, complaints } = await runClass(zoo, options.pace);
    const mark = complaints.length === 0 ? 'ok  ' : 'BAD ';
    console.log(`${mark} ${zoo.name}: ${zoo.action}${complaints.map((text) => `\n       ${text}`).join('')}`);
    return { seen, complaints };
  } catch (error) {
    console.log(`BAD  ${zoo.name}: ${error.message}`);
    return { seen: null, complaints: [error.message] };
  }
}

function report() {
  const facts = {
    node: process.version,
    kernel: release(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    loadBefore,
    atOnce: Number(options['at-once']),
    minutes,
    pace: options.pace,
    saturatedS: Number(options.saturated),
  };
  const text = `${whereOf(facts)}\n\n${tableOf(results, saturation, facts)}\n\n${sentencesOf(results)}`;
  console.log(`\n${text}`);
  if (options.json) writeFileSync(options.json, JSON.stringify({ facts, results, saturation }, null, 2));
  if (options.write) writeBetweenMarks(text);
  const wrong = results.filter(({ complaints }) => complaints.length > 0).length;
  const saturatedWrong =
    saturation !== null && (saturation.saturated.kills > 0 || saturation.frozen.kills !== 1);
  process.exitCode = wrong > 0 || saturatedWrong ? 1 : 0;
}

function writeBetweenMarks(text) {
  const [before, , after] = readFileSync(doc, 'utf8').split(/<!-- (?:begin|end) of the run -->/);
  writeFileSync(doc, `${before}<!-- begin of the run -->\n\n${text}\n\n<!-- end of the run -->${after}`);
}
