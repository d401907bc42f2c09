import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { runScene } from './gateway/run.js';
import { hunt } from './mutants/hunt.js';
import type { Weekend } from './run.js';
import type { Fault } from './seed/swarm.js';
import { countIn, emptyTally, missingMarks, statement, story, type Tally } from './tally.js';
import type { Share } from './worker.js';

/**
 * The simulation by hand, and beside each weekend a world of its gateway (I9):
 * `npm run sim -- --seed 1 --runs 200 --hours 6 [--workers N] [--faults wedge,crash] [--keep-going] [--json]`, and
 * `npm run sim -- --mutants [--seeds 60] [--hours 6]`. Ends with the first violation unless it is to keep going. Exit 1 on a violation, on a mark never reached (from 100
 * runs on), or on a mutant that lives.
 */
const HERE = dirname(fileURLToPath(import.meta.url));
/** The real thing: `dist/src` beside `dist/test`. */
const SOURCE = join(HERE, '..', '..', 'src');
const PROGRESS_MS = 5_000;
/** Fewer runs than this can't be asked to reach every mark. */
const RUNS_FOR_MARKS = 100;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '200' },
    hours: { type: 'string', default: '6' },
    workers: { type: 'string', default: String(Math.min(4, availableParallelism())) },
    seeds: { type: 'string', default: '60' },
    faults: { type: 'string' },
    'keep-going': { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const say = (text: string) => process.stderr.write(`${text}\n`);
process.exitCode = values.mutants ? await huntMutants() : await runSwarm();

async function huntMutants(): Promise<number> {
  const limit = { seeds: Number(values.seeds), hours: Number(values.hours) };
  const catches = await hunt(SOURCE, limit, ({ mutant, seed, said, silenced }) => {
    const by = silenced ? ' (core asserts off)' : '';
    say(seed === null ? `LIVES   ${mutant}${by}` : `caught  ${mutant}${by}: seed ${seed}, ${said}`);
  });
  const alive = catches.filter(({ seed }) => seed === null);
  if (values.json) console.log(JSON.stringify(catches, null, 2));
  else console.log(`${catches.length - alive.length} of ${catches.length} mutants caught`);
  return alive.length === 0 ? 0 : 1;
}

async function runSwarm(): Promise<number> {
  const first = Number(values.seed);
  const runs = Number(values.runs);
  const hours = Number(values.hours);
  const tally = emptyTally(hours);
  const startedMs = performance.now();
  const progress = setInterval(() => {
    const took = ((performance.now() - startedMs) / 1000).toFixed(0);
    say(`${took} s: ${tally.runs} of ${runs} runs, ${tally.kills} kills`);
  }, PROGRESS_MS);
  const workers = Math.max(1, Math.min(runs, Number(values.workers)));
  const shares = Array.from({ length: workers }, (_, index) => ({
    source: SOURCE,
    first: first + index,
    end: first + runs,
    stride: workers,
    hours,
    only: values.faults === undefined ? null : (values.faults.split(',').filter(Boolean) as Fault[]),
  }));
  const enough = new AbortController();
  const end = () => enough.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  await Promise.all(shares.map((share) => runShare(share, tally, enough.signal)));
  clearInterval(progress);
  if (enough.signal.aborted) say(`ended after ${tally.runs} of ${runs} runs`);
  if (!values['keep-going']) tally.broken.splice(1);
  const tookS = (performance.now() - startedMs) / 1000;
  if (values.json) console.log(JSON.stringify({ ...tally, tookS }, null, 2));
  else {
    for (const violation of tally.broken) console.log(`${story(violation)}\n`);
    console.log(`${statement(tally)}\ntook ${tookS.toFixed(1)} s`);
  }
  const i9 = values.faults === undefined ? gatewayWorlds(first, runs, enough.signal) : true;
  const lacking = runs >= RUNS_FOR_MARKS && missingMarks(tally).length > 0;
  return tally.broken.length > 0 || lacking || !i9 ? 1 : 0;
}

/** The same seeds at the gateway. @returns whether every request ended as promised (I9). */
function gatewayWorlds(first: number, runs: number, enough: AbortSignal): boolean {
  const sum = { worlds: 0, requests: 0, deaths: 0, convictions: 0 };
  for (let seed = first; seed < first + runs && !enough.aborted; seed++) {
    try {
      const { requests, deaths, convictions } = runScene(seed);
      sum.worlds += 1;
      sum.requests += requests;
      sum.deaths += deaths;
      sum.convictions += convictions;
    } catch (error) {
      say(`gateway: I9 is broken in the world of seed ${seed}: ${(error as Error).message}`);
      return false;
    }
  }
  say(
    `gateway: ${sum.worlds} worlds, ${sum.requests} requests, each ended once (I9); ${sum.deaths} deaths, ${sum.convictions} convictions`,
  );
  return true;
}

/** One thread; ends with its first violation, with one of an earlier seed, or when it is enough, unless it is to keep going. */
function runShare(share: Share, tally: Tally, enough: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: share });
    worker.on('message', (weekend: Weekend) => {
      countIn(tally, weekend);
      const broke = (tally.broken[0]?.seed ?? Number.POSITIVE_INFINITY) <= weekend.seed;
      if (broke && !values['keep-going']) void worker.terminate();
    });
    enough.addEventListener('abort', () => void worker.terminate(), { once: true });
    worker.on('error', fail);
    worker.on('exit', () => done());
  });
}
