import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEALERS } from './healers.mjs';
import { endUnit, show, startUnit, usageOf } from './units.mjs';

const TEXTS = ['The cat sleeps on the warm windowsill.', 'Quarterly revenue fell by nine percent.'];
const SERVER_START_LIMIT_MS = 60_000;
/** Before the fault: what the healers get to see the server well. */
const SETTLE_MS = 10_000;
/** Of which a healer's own start takes so much, and does not count as its cost. */
const STARTED_MS = 5_000;
/** After it serves again: late kills still count. */
const AFTER_MS = 8_000;

/**
 * One fault for one healer, on a unit, a port and a folder of its own. Runs inside the box, as root.
 * `place`: {node, tool, bench, monit, base}; `exits(unit)`: how its main process ended, from systemd's journal.
 * Times are in seconds after the fault; null: never within `limitS`.
 */
export async function runCell({ id, row, healer: name, phase, port, limitS }, place, exits) {
  const healer = HEALERS.find((one) => one.name === name);
  const folder = `${place.base}/cells/${id}`;
  const unit = `heal-${id}.service`;
  const keeper = `healer-${id}.service`;
  const url = `http://127.0.0.1:${port}`;
  const cell = { ...place, folder, unit, url };
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(healer.files(cell))) {
    writeFileSync(`${folder}/${file}`, text);
    chmodSync(`${folder}/${file}`, 0o700);
  }
  run('chown', '-R', 'jc:', folder);
  const env = { PORT: port, FOLDER: folder, LOAD_S: 3, ...row.env, ...healer.server.env };
  const settings = ['Restart=on-failure', ...row.unit, ...healer.server.unit];
  try {
    await startUnit(unit, ['/usr/bin/python3', `${place.bench}/server.py`], {
      env,
      settings,
      log: `${folder}/server.log`,
    });
    const reference = await untilServing(url, null, SERVER_START_LIMIT_MS);
    if (!reference) throw new Error(`the server did not start: ${tail(`${folder}/server.log`)}`);
    const command = healer.command(cell);
    const log = `${folder}/healer.log`;
    if (command) await startUnit(keeper, command, { env: { HOME: '/home/jc' }, settings: [], log });
    const settleMs = SETTLE_MS + phase * healer.periodS * 1_000;
    await sleep(STARTED_MS);
    const begun = command ? usageOf(keeper) : null;
    await sleep(settleMs - STARTED_MS);
    const usage = command ? usageOf(keeper) : null;
    if (command && !(begun && usage)) throw new Error(`the healer ended before the fault: ${tail(log)}`);
    const early = exits(unit).length;
    if (!(await embed(url, reference, 5_000)))
      throw new Error('the server did not serve right before the fault');
    const told = await observe({ unit, url, reference, row, limitS }, exits);
    return {
      ...told,
      wrong: told.wrong + early,
      settleS: settleMs / 1_000,
      ...(usage
        ? {
            healerRssMb: usage.rssMb,
            healerCpu: (usage.cpuS - begun.cpuS) / ((settleMs - STARTED_MS) / 1_000),
          }
        : {}),
      healerEnd: command ? show(keeper, 'ActiveState', 'Result') : null,
      unitEnd: show(unit, 'ActiveState', 'SubState', 'Result', 'NRestarts', 'MainPID'),
      log: command ? tail(log, 12_000) : '',
    };
  } finally {
    await endUnit(keeper);
    await endUnit(unit);
  }
}

/** Injects, and watches until it serves again and a little longer, or until the limit. */
async function observe({ unit, url, reference, row, limitS }, exits) {
  const before = exits(unit).length;
  const injected = await fetch(`${url}/fault`, {
    method: 'POST',
    body: row.fault,
    signal: AbortSignal.timeout(5_000),
  });
  if (injected.status !== 200) throw new Error(`the fault was refused: HTTP ${injected.status}`);
  await injected.text();
  const atMs = Date.now();
  const since = () => exits(unit).slice(before);
  let servedMs = null;
  while (servedMs === null && Date.now() - atMs < limitS * 1_000) {
    await sleep(100);
    // The process that is sick for ever is not asked: our questions would be load that no healer ever meets.
    if (!row.self && since().length === 0) continue;
    if (await embed(url, reference, 3_000)) servedMs = Date.now() - atMs;
  }
  await sleep(AFTER_MS);
  const kills = since().filter((exit) => exit.code !== 'exited');
  const right = row.sick && since()[0] !== undefined && since()[0].code !== 'exited' ? 1 : 0;
  return {
    servedS: servedMs === null ? null : servedMs / 1_000,
    killedS: right ? (since()[0].atMs - atMs) / 1_000 : null,
    kills: kills.length,
    wrong: kills.length - right,
    exits: since().map((exit) => ({ ...exit, atMs: undefined, atS: (exit.atMs - atMs) / 1_000 })),
    injectedAt: new Date(atMs).toISOString(),
  };
}

async function untilServing(url, reference, limitMs) {
  const untilMs = Date.now() + limitMs;
  while (Date.now() < untilMs) {
    const vectors = await embed(url, reference, 3_000);
    if (vectors) return vectors;
    await sleep(100);
  }
  return null;
}

/** The truth: real work, and each vector is finite, of length 1, and the one that this server gave when it was well. */
async function embed(url, reference, limitMs) {
  try {
    const response = await fetch(`${url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ input: TEXTS, model: 'fake' }),
      signal: AbortSignal.timeout(limitMs),
    });
    if (response.status !== 200) return null;
    const { data } = await response.json();
    const vectors = data.map((entry) => entry.embedding);
    const right = vectors.every((vector, at) => isRight(vector, reference?.[at] ?? vector));
    return right && vectors.length === TEXTS.length ? vectors : null;
  } catch {
    // Refused, reset, too late, not JSON: it does not serve.
    return null;
  }
}

function isRight(vector, reference) {
  if (vector.length !== 384 || !vector.every(Number.isFinite)) return false;
  const dot = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);
  return Math.abs(dot(vector, vector) - 1) < 0.01 && dot(vector, reference) > 0.99;
}

function tail(path, length = 2_000) {
  try {
    return readFileSync(path, 'utf8').slice(-length);
  } catch {
    return '';
  }
}

function run(program, ...args) {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
