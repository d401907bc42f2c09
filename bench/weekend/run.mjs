#!/usr/bin/env node
// A weekend, compressed: the real model under a real `up`, clients through its gateway, and faults at random moments that nobody
// announces. At the end `report --json` must agree with the record's own rows, with the log, with the faults that were done,
// and with what the clients counted themselves.
//   node bench/weekend/run.mjs [--minutes 60] [--seed 7] [--clients 4] [--pause 60] [--json] [--out docs/bench/weekend.md]
//   --minutes   how long faults are done          --pause   seconds of quiet between two, on average
// Exit 0: all agree. The suite runs it for less than a minute; an hour by hand is what the page in docs/bench shows.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { needBuild } from '../lib/machine.mjs';
import { accountOf } from './account.mjs';
import { crowd } from './clients.mjs';
import { chance, doFault, FAULTS } from './faults.mjs';
import { pageOf } from './page.mjs';
import { openStage } from './stage.mjs';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '7' },
    clients: { type: 'string', default: '4' },
    pause: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
needBuild(root);
const say = (text) => values.json || console.log(text);
const forMs = Number(values.minutes) * 60_000;
const pauseMs = Number(values.pause) * 1_000;
/** A revived service is left alone for this long at least: a series of kills would be a person's. */
const QUIET_MS = 3_000;
const random = chance(Number(values.seed));
const loadBefore = loadavg()[0];

const stateDir = mkdtempSync(join(tmpdir(), 'ninelives-weekend-'));
const stage = await openStage(stateDir);
let clients = null;
try {
  await stage.untilServing();
  say(
    `serving; faults for ${values.minutes} min, seed ${values.seed}: one every ${values.pause} s on average`,
  );
  clients = crowd(stage.gatewayUrl, Number(values.clients), chance(Number(values.seed) + 1));
  const startedMs = performance.now();
  const done = [];
  // The order of the first few is fixed, so that even the shortest run has each of them.
  for (let at = 0; performance.now() - startedMs < forMs || at < FAULTS.length; at += 1) {
    await sleep(QUIET_MS + random() * 2 * Math.max(0, pauseMs - QUIET_MS));
    const fault = at < FAULTS.length ? FAULTS[at] : FAULTS[Math.floor(random() * FAULTS.length)];
    const seen = await doFault(fault, stage);
    done.push(seen);
    say(
      `${seen.time}  ${fault.padEnd(6)} pid ${seen.pid}: serving again after ${(seen.tookMs / 1000).toFixed(1)} s`,
    );
  }
  const counted = await clients.stop();
  clients = null;
  const account = await accountOf({ stage, counted, done });
  const ranMs = performance.now() - startedMs;
  for (const { what, report, against, agrees } of account.rows)
    say(`${agrees ? 'ok  ' : 'NO  '} ${what}: ${report} in the report, ${against}`);
  if (values.json) console.log(JSON.stringify({ ...account, ranMs, done }));
  const page = () => pageOf({ ...account, root, values, ranMs, done, load: [loadBefore, loadavg()[0]] });
  if (values.out) writeFileSync(values.out, page());
  process.exitCode = account.rows.every(({ agrees }) => agrees) ? 0 : 1;
} catch (error) {
  console.error(`bench: ${error.stack}\n${stage.output().slice(-4_000)}`);
  process.exitCode = 3;
} finally {
  await clients?.stop();
  await stage.close();
  rmSync(stateDir, { recursive: true, force: true });
}
