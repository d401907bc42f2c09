#!/usr/bin/env node
// The reviewer's run with company: `ninelives rehearse` on the service that ships, as it ships, and beside it the official openai
// client with its default settings, asking without a pause through every fault.
//   node bench/rehearsal/run.mjs [--faults crash,wedge,freeze] [--count 12] [--clients 2] [--dataset FILE]… [--json] [--out FILE]
//   --count     faults for each data set: our own graded pairs first, then each FILE (TSV, CSV, JSONL)
//   --clients   openai clients, each with the next question when the last is answered
// Exit 0: no call of anybody failed, and the scores are the same.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { needBuild } from '../lib/machine.mjs';
import { openaiClients } from './openai.mjs';
import { pageOf } from './page.mjs';
import { openUp } from './up.mjs';

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: 'crash,wedge,freeze' },
    count: { type: 'string', default: '12' },
    clients: { type: 'string', default: '2' },
    dataset: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
needBuild(root);
const say = (text) => values.json || console.log(text);
const load = [loadavg()[0]];
const startedMs = performance.now();

const stateDir = mkdtempSync(join(tmpdir(), 'ninelives-rehearsal-'));
const up = await openUp(stateDir);
try {
  await up.serving();
  const courses = [];
  for (const file of [null, ...values.dataset]) courses.push(await oneCourse(file));
  load.push(loadavg()[0]);
  const account = { courses, load, ranMs: performance.now() - startedMs };
  if (values.json) console.log(JSON.stringify(account));
  const command = ['node bench/rehearsal/run.mjs', ...shownArgs()].join(' ');
  if (values.out) writeFileSync(values.out, pageOf({ ...account, root, command }));
  process.exitCode = courses.every(({ told, beside }) => told.passed && beside.failed === 0) ? 0 : 1;
} catch (error) {
  console.error(`bench: ${error.stack}\n${up.output().slice(-4_000)}`);
  process.exitCode = 3;
} finally {
  await up.close();
  rmSync(stateDir, { recursive: true, force: true });
}

async function oneCourse(file) {
  const data = file === null ? [] : ['--dataset', resolve(file)];
  const clients = openaiClients(up.gatewayUrl, Number(values.clients));
  let beside;
  let told;
  try {
    told = await up.ask('rehearse', '--faults', values.faults, '--count', values.count, ...data);
  } finally {
    beside = await clients.stop();
  }
  const { quiet, faulted, strikes, why } = told;
  say(
    `${told.data.name}: ${faulted.failed} of ${faulted.calls} calls failed through ${strikes.length} faults, longest ${seconds(faulted.longestMs)}`,
  );
  say(`  score ${quiet.score.toFixed(4)} quiet, ${faulted.score?.toFixed(4)} with faults`);
  say(
    `  openai client: ${beside.failed} of ${beside.calls} calls failed, ${beside.retries} of them asked again, longest ${seconds(beside.longestMs)}`,
  );
  for (const reason of [...why, ...Object.keys(faulted.reasons), ...beside.reasons]) say(`  ${reason}`);
  return { told, beside };
}

function seconds(ms) {
  return ms === null ? 'none' : `${(ms / 1_000).toFixed(1)} s`;
}

/** As it was called, but for where things lie on this machine. */
function shownArgs() {
  const args = process.argv.slice(2);
  const out = args.indexOf('--out');
  const kept = out < 0 ? args : args.filter((_, at) => at !== out && at !== out + 1);
  return kept.map((arg) => (arg.includes('/') ? basename(arg) : arg));
}
