// Who heals elsewhere, on the same servers: the peers of bench/heal that need no systemd. The server runs under the same
// supervisor (systemd's semantics), and ninelives itself is paused: it starts again what has ended, and kills nothing.
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { HEALERS } from '../heal/healers.mjs';

const BENCH = fileURLToPath(new URL('../heal', import.meta.url));
const CACHE = fileURLToPath(new URL('../../artifacts/verdict', import.meta.url));
/** Those that look from outside and do real work; A and B10 of bench/heal can be asked for too. */
export const PEERS = ['Cw', 'Ew'];
const SETTLE_MS = 3_000;
/** Healed or not: the slowest of them needs 34 s on bench/heal. */
const LIMIT_MS = 60_000;
const AFTER_MS = 10_000;

/** What each of them is, for the page. */
export function aboutPeers(names) {
  return HEALERS.filter(({ name }) => names.includes(name)).map(({ name, about }) => ({ name, about }));
}

/** One class under one peer: `{kills, servedS, serves}`, times in seconds after the fault. */
export async function runPeer(zoo, name, zooFolder) {
  const { setStage } = await import(new URL('stage.js', zooFolder));
  const { answersRight } = await import(new URL('watch.js', zooFolder));
  const stage = await setStage(zoo, 'usual');
  const folder = mkdtempSync(join(tmpdir(), 'ninelives-peer-'));
  let peer = null;
  try {
    stage.box.start();
    await stage.box.untilServing();
    const paused = await stage.box.run('pause', '--state', stage.box.stateDir);
    if (paused.code !== 0) throw new Error(`pause: ${paused.stderr}`);
    const healer = HEALERS.find((one) => one.name === name);
    peer = startPeer(healer, folder, stage.box);
    await sleep(SETTLE_MS + Math.random() * healer.periodS * 1_000);
    if (killsIn(folder) > 0) throw new Error('it was killed before the fault');
    return await observe(zoo, stage, folder, answersRight);
  } finally {
    await peer?.end();
    await stage.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function observe(zoo, stage, folder, answersRight) {
  const first = stage.box.status()?.life?.incarnation.invocation;
  await stage.warmUp();
  await stage.breakIt();
  const startedMs = performance.now();
  const sinceS = () => (performance.now() - startedMs) / 1_000;
  const { lastsMs = 0 } = zoo.usual;
  const dies = zoo.action === 'killed' || zoo.action === 'given-up';
  const limitMs = dies ? LIMIT_MS : lastsMs + AFTER_MS + 5_000;
  let servedS = null;
  while (sinceS() * 1_000 < limitMs && servedS === null) {
    await sleep(200);
    note(folder, stage.box);
    const now = stage.box.status()?.life?.incarnation.invocation ?? null;
    const another = now !== null && now !== first;
    // A sick process that answers is not healed; one that was well, or comes back by itself, is asked when it is over.
    const ask = dies ? another : another || (zoo.action === 'spared' && sinceS() * 1_000 > lastsMs);
    if (ask && (await answersRight(stage.box.port))) servedS = sinceS();
  }
  if (dies && servedS !== null) await stage.endTrouble();
  for (let waited = 0; waited < AFTER_MS; waited += 200) {
    await sleep(200);
    note(folder, stage.box);
  }
  return { kills: killsIn(folder), servedS };
}

/** What `systemctl show -p MainPID` would say: the peers are as they are on bench/heal. */
function note(folder, box) {
  const state = box.status();
  const pid = state?.unit?.incarnation?.pid ?? 0;
  writeFileSync(join(folder, 'mainpid'), `${pid}\n`);
}

function killsIn(folder) {
  const file = join(folder, 'kills');
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .filter((pid) => Number(pid) > 0).length
    : 0;
}

const running = new Set();

function startPeer(healer, folder, box) {
  note(folder, box);
  writeFileSync(join(folder, 'systemctl'), `#!/bin/sh\ncat ${folder}/mainpid | tee -a ${folder}/kills\n`);
  chmodSync(join(folder, 'systemctl'), 0o755);
  const cell = {
    bench: BENCH,
    folder,
    unit: 'svc',
    url: `http://127.0.0.1:${box.port}`,
    monit: join(CACHE, 'monit/usr/bin/monit'),
  };
  for (const [file, text] of Object.entries(healer.files(cell))) {
    writeFileSync(join(folder, file), text);
    chmodSync(join(folder, file), 0o700);
  }
  const command = healer.command(cell);
  if (command === null) return { end: async () => {} };
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
  // A group of its own: `kill -9 0` of a recipe that finds no pid must end it alone.
  const child = spawn(command[0], command.slice(1), { env, stdio: 'ignore', detached: true });
  child.on('error', (error) => appendFileSync(join(folder, 'peer.log'), `${error}\n`));
  const ended = new Promise((done) => child.once('exit', done));
  const peer = {
    async end() {
      running.delete(peer);
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-child.pid, 'SIGKILL');
      await ended;
    },
  };
  running.add(peer);
  return peer;
}

/** Ends every healer that runs now; before what they look after, or they would go on killing. */
export async function endPeers() {
  await Promise.all([...running].map((peer) => peer.end()));
}

/** Debian's package of monit, unpacked and not installed; false where it can't be had. */
export function haveMonit() {
  const folder = join(CACHE, 'monit');
  if (existsSync(join(folder, 'usr/bin/monit'))) return true;
  mkdirSync(folder, { recursive: true });
  const fetched = spawnSync('apt-get', ['download', 'monit'], { cwd: folder });
  const archive = readdirSync(folder).find((name) => name.startsWith('monit_') && name.endsWith('.deb'));
  if (fetched.status !== 0 || archive === undefined) return false;
  return spawnSync('dpkg-deb', ['-x', archive, '.'], { cwd: folder }).status === 0;
}

/** Of one cell: what a person reads, and whether it is right. */
export function peerCell(zoo, { kills, servedS, error }) {
  if (error) return { text: '?', right: false, wrong: 0 };
  const shown = servedS === null ? '' : servedS.toFixed(0);
  const due = { killed: 1, 'given-up': Number.POSITIVE_INFINITY }[zoo.action] ?? 0;
  const wrong = Math.max(0, kills - due);
  const mark = wrong > 0 ? ` **W${wrong}**` : '';
  if (zoo.action === 'killed')
    return {
      text: `${servedS === null ? '**never**' : shown}${mark}`,
      right: servedS !== null && wrong === 0,
      wrong,
    };
  if (zoo.action === 'given-up') return { text: `${kills} kills`, right: false, wrong: 0 };
  return { text: wrong > 0 ? `W${wrong}` : 'left alone', right: wrong === 0, wrong };
}
