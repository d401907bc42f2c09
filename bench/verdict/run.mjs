#!/usr/bin/env node
// The zoo of misbehaving servers under `ninelives up` on its default settings, on the real clock, in one run.
//   node bench/verdict/run.mjs [CLASS …] [--at-once 4] [--saturated 600] [--pace usual|quick] [--peers A,Cw,Ew|none] [--write]
// CLASS: names or faults of test/zoo/table.ts, or "embedder"; all of them when none is given.
// --at-once: twice as many as there are cores, or the machine's shortness of CPU is what is measured.
// --saturated 0 leaves the embedder out.
// --peers: the same classes under other healers; --peers-at-once 16 of them side by side, since they mostly wait.
// What was measured is kept in artifacts/verdict/result.json, each part by itself, so that a part can be measured again.
// --write puts the whole of it into docs/bench/verdict.md, between its two marks.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import { aboutPeers, endPeers, haveMonit, PEERS, peerCell, runPeer } from './peers.mjs';
import { pageOf } from './table.mjs';

const { values: options, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    'at-once': { type: 'string', default: String(2 * availableParallelism()) },
    saturated: { type: 'string', default: '600' },
    pace: { type: 'string', default: 'usual' },
    peers: { type: 'string', default: PEERS.join(',') },
    'peers-at-once': { type: 'string', default: '16' },
    write: { type: 'boolean', default: false },
  },
});
const zooFolder = new URL('../../packages/ninelives/dist/test/zoo/', import.meta.url);
const kept = new URL('../../artifacts/verdict/result.json', import.meta.url);
const doc = new URL('../../docs/bench/verdict.md', import.meta.url);
if (!existsSync(new URL('table.js', zooFolder))) {
  console.error('bench: the zoo is not built\n  next: npx tsc -p packages/ninelives');
  process.exit(3);
}
const { ZOO } = await import(new URL('table.js', zooFolder));
const { runClass } = await import(new URL('run-class.js', zooFolder));
const { closeAll } = await import(new URL('closing.js', zooFolder));
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

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    console.error(`bench: ${signal}: ends what it has started`);
    await endPeers();
    await closeAll();
    process.exit(130);
  });
}

const result = existsSync(kept) ? JSON.parse(readFileSync(kept, 'utf8')) : {};
let bad = 0;
if (classes.length > 0) {
  const zoo = await measured(() => runAll(classes, Number(options['at-once']), runOne));
  bad += zoo.value.filter(({ complaints }) => complaints.length > 0).length;
  result.zoo = merged(result.zoo, zoo);
}
const peers =
  options.peers === 'none' ? [] : options.peers.split(',').filter((name) => name !== 'Cw' || haveMonit());
if (classes.length > 0 && peers.length > 0) {
  const cells = classes
    .filter((zoo) => isForPeers(zoo))
    .flatMap((zoo) => peers.map((peer) => ({ zoo, peer })));
  result.peers = await measured(() => runAll(cells, Number(options['peers-at-once']), runPeerOnce));
  result.peers.about = aboutPeers(peers);
}
// By itself: it takes all the machine, and would make everybody else late.
if (isWanted('embedder') && Number(options.saturated) > 0) {
  result.saturation = await measured(() => runSaturation(options.pace, Number(options.saturated) * 1_000));
  const { saturated, frozen } = result.saturation.value;
  bad += saturated.kills > 0 || frozen.kills !== 1 ? 1 : 0;
}
mkdirSync(new URL('.', kept), { recursive: true });
writeFileSync(kept, JSON.stringify(result, null, 2));
const text = pageOf(result);
console.log(`\n${text}`);
if (options.write) writeBetweenMarks(text);
process.exitCode = bad > 0 ? 1 : 0;

/** A part of the result, with where and when it was measured. */
async function measured(run) {
  const startedMs = performance.now();
  const loadBefore = loadavg()[0];
  const value = await run();
  const facts = {
    at: new Date().toISOString().slice(0, 16).replace('T', ' '),
    node: process.version,
    kernel: release(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    loadBefore,
    atOnce: Number(options['at-once']),
    peersAtOnce: Number(options['peers-at-once']),
    minutes: (performance.now() - startedMs) / 60_000,
    pace: options.pace,
    saturatedS: Number(options.saturated),
  };
  return { facts, value };
}

/** Some classes measured again take their old rows' places, and say so. */
function merged(before, now) {
  if (wanted.length === 0 || !before) return now;
  const rows = new Map(before.value.map((row) => [row.zoo.name, row]));
  for (const row of now.value) rows.set(row.zoo.name, { ...row, again: now.facts.at });
  const value = ZOO.flatMap(({ name }) => rows.get(name) ?? []);
  return { facts: before.facts, value };
}

/** The slow ones first, so that the run is as long as the longest and no longer. */
async function runAll(jobs, atOnce, run) {
  const patienceMs = ({ zoo, ...job }) =>
    (zoo ?? job)[options.pace].limitMs + ((zoo ?? job)[options.pace].lastsMs ?? 0);
  const queue = jobs.map((job, at) => ({ job, at })).sort((a, b) => patienceMs(b.job) - patienceMs(a.job));
  const done = [];
  const lane = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) done[next.at] = await run(next.job);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return done;
}

async function runOne(zoo) {
  try {
    const { seen, complaints } = await runClass(zoo, options.pace);
    const mark = complaints.length === 0 ? 'ok  ' : 'BAD ';
    console.log(`${mark} ${zoo.name}: ${zoo.action}${complaints.map((text) => `\n       ${text}`).join('')}`);
    return { zoo, seen, complaints };
  } catch (error) {
    console.log(`BAD  ${zoo.name}: ${error.message}`);
    return { zoo, seen: null, complaints: [error.message] };
  }
}

/** What takes minutes on purpose says nothing about others, who have no such patience; a leak kills nobody in a minute. */
function isForPeers(zoo) {
  return zoo.action !== 'warned' && zoo.usual.limitMs <= 110_000;
}

async function runPeerOnce({ zoo, peer }) {
  const cell = await runPeer(zoo, peer, zooFolder).catch((error) => ({ error: error.message }));
  console.log(
    `${peer.padEnd(4)} ${zoo.name}: ${peerCell(zoo, cell).text}${cell.error ? ` (${cell.error})` : ''}`,
  );
  return { zoo: { name: zoo.name, action: zoo.action }, peer, ...cell };
}

function writeBetweenMarks(text) {
  const [before, , after] = readFileSync(doc, 'utf8').split(/<!-- (?:begin|end) of the run -->/);
  writeFileSync(doc, `${before}<!-- begin of the run -->\n\n${text}\n\n<!-- end of the run -->${after}`);
}
