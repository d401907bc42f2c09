import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../lib/port.mjs';
import { FRONTS, startFront } from './fronts.mjs';
import { cpuOf, cpuOfAll } from './usage.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CONNECTIONS = [1, 8, 64];
/** Compiled code is what is measured: a JIT needs some ten thousand requests, on a busy machine seconds. */
const FIRST_WARM_S = 12;
const WARM_S = 1;
/** The proxy has a core of its own; client and backend share the other. */
const PROXY_CPU = 0;
const OTHERS_CPU = 1;

/**
 * 1 KB in, 20 KB out, the backend answers at once: what is left is the proxy. Proxies take turns, so that the machine's
 * moods meet all of them alike.
 * @param onCell told of each measurement as it is done
 * @returns {{front, connections, perSecond, p50Us, p99Us, cpuUs, foreign}[]}; `cpuUs`: a request, of the proxy alone;
 *   `foreign`: cores that processes of others took meanwhile
 */
export async function measureOverhead({ folder, tool, programs, fronts, runs, seconds }, onCell) {
  mkdirSync(folder, { recursive: true });
  const upstream = await freePort();
  const backend = startInstant(programs.nginx, upstream, join(folder, 'instant'));
  const up = [];
  const cells = [];
  try {
    for (const front of FRONTS.filter(({ name }) => fronts.includes(name))) {
      const place = { upstream, folder: join(folder, front.name), tool, programs, cpu: PROXY_CPU };
      up.push({ front, ...(await startFront(front, place)) });
    }
    await sleep(500);
    for (const { url } of up) await wrk(programs.wrk, url, 64, FIRST_WARM_S);
    for (let run = 0; run < runs; run += 1) {
      for (const connections of CONNECTIONS) {
        for (const one of up) {
          await wrk(programs.wrk, one.url, connections, WARM_S);
          const cell = await measure(one, { wrk: programs.wrk, backend, connections, seconds });
          cells.push(cell);
          onCell(cell);
        }
      }
    }
  } finally {
    for (const one of up) await one.close();
    backend.kill('SIGKILL');
  }
  return cells;
}

async function measure({ front, url, pid }, { wrk: program, backend, connections, seconds }) {
  const before = { proxy: pid ? cpuOf(pid) : 0, backend: cpuOf(backend.pid), all: cpuOfAll() };
  const told = await wrk(program, url, connections, seconds);
  const proxyUs = pid ? cpuOf(pid) - before.proxy : 0;
  const oursUs = proxyUs + cpuOf(backend.pid) - before.backend + told.clientUs;
  const foreign = Math.max(0, cpuOfAll() - before.all - oursUs) / (seconds * 1e6);
  const { requests, perSecond, p50Us, p99Us, wrong } = told;
  return {
    ...{ front: front.name, connections, perSecond, p50Us, p99Us, wrong, foreign },
    cpuUs: pid ? proxyUs / requests : null,
  };
}

/** wrk on the others' core, to its end. */
async function wrk({ path, env }, url, connections, seconds) {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '-s', join(HERE, 'post.lua'), url];
  const child = spawn('taskset', ['-c', String(OTHERS_CPU), path, ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let clientUs = 0;
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text += part));
  const looking = setInterval(() => (clientUs = Math.max(clientUs, cpuOf(child.pid))), 250);
  await once(child, 'close');
  clearInterval(looking);
  const requests = Number(/(\d+) requests in/.exec(text)?.[1] ?? 0);
  if (requests === 0) throw new Error(`wrk measured nothing: ${text}`);
  const time = (share) => microseconds(new RegExp(`${share}%\\s+([\\d.]+)(us|ms|s)\\b`).exec(text));
  return {
    ...{ requests, clientUs, p50Us: time(50), p99Us: time(99) },
    perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]),
    wrong: Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0),
  };
}

function microseconds(found) {
  const [, value, unit] = found ?? [];
  return Number(value) * { us: 1, ms: 1e3, s: 1e6 }[unit];
}

function startInstant({ path, env }, port, folder) {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'instant.conf');
  const text = readFileSync(join(HERE, 'configs/instant.conf'), 'utf8')
    .replaceAll('UPSTREAM', String(port))
    .replaceAll('FOLDER', folder)
    .replace('PART', 'y'.repeat(2_000));
  writeFileSync(config, text);
  const args = ['-c', String(OTHERS_CPU), path, '-p', folder, '-e', 'stderr', '-c', config];
  return spawn('taskset', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
}
