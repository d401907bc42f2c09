import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../lib/port.mjs';

const CONFIGS = fileURLToPath(new URL('configs/', import.meta.url));
const READY_LIMIT_MS = 30_000;

/**
 * What stands between client and backend: the command that runs it, of {listen, upstream, folder, tool, programs},
 * and the line of its own log by which it says that the backend no longer answers.
 */
export const FRONTS = [
  {
    name: 'ninelives',
    about:
      '`ninelives gateway --listen PORT --upstream URL --state DIR`, every setting default, as `up` and the units start it',
    notices: /backend[ -](?:suspect|down)/,
    command: ({ listen, upstream, tool, folder }) => [
      process.execPath,
      [
        '--max-semi-space-size=64',
        join(tool, 'bin/ninelives.js'),
        'gateway',
        '--listen',
        listen,
        '--upstream',
        `http://127.0.0.1:${upstream}`,
        '--state',
        folder,
      ],
    ],
  },
  {
    name: 'haproxy',
    program: 'haproxy',
    about:
      'two stages: the first keeps and repeats, the second holds while its health check fails; buffers of 64 KB',
    notices: /Server app\/model is DOWN/,
    command: (place) => haproxy(place, 65_536),
  },
  {
    name: 'haproxy-16m',
    program: 'haproxy',
    about: 'the same with buffers of 16 MB, so that large bodies can be repeated too',
    notices: /Server app\/model is DOWN/,
    command: (place) => haproxy(place, 16_777_216),
  },
  {
    name: 'nginx',
    program: 'nginx',
    about: 'with Lua: keeps the request, waits for /health, asks again until an answer is whole',
    notices: /upstream timed out/,
    command: (place) => [
      place.programs.nginx.path,
      ['-p', place.folder, '-e', 'stderr', '-c', configured('nginx.conf', place)],
    ],
  },
  {
    name: 'caddy',
    program: 'caddy',
    about: 'bodies kept, retries for 85 s by transport error and status, active health checks',
    notices: /HTTP request failed|health check|"logger":"http.handlers.reverse_proxy.*(?:unhealthy|timeout)/,
    command: (place) => [
      place.programs.caddy.path,
      ['run', '--adapter', 'caddyfile', '--config', configured('Caddyfile', place)],
    ],
  },
  { name: 'direct', about: 'nothing between client and backend', command: null },
];

function haproxy(place, bufsize) {
  return [place.programs.haproxy.path, ['-db', '-f', configured('haproxy.cfg', { ...place, bufsize })]];
}

/** Its configuration from this folder, with ports and paths filled in. */
function configured(file, { listen, upstream, folder, programs, bufsize }) {
  const path = join(folder, file);
  const values = {
    LISTEN: listen,
    UPSTREAM: upstream,
    FOLDER: folder,
    BUFSIZE: bufsize,
    HELD: `held-${listen}`,
  };
  const text = readFileSync(join(CONFIGS, file), 'utf8')
    .replaceAll('ROOT', programs.nginx?.root ?? '')
    .replace(/\b(LISTEN|UPSTREAM|FOLDER|BUFSIZE|HELD)\b/g, (name) => values[name]);
  writeFileSync(path, text);
  return path;
}

/**
 * Starts one before the backend on port `upstream`.
 * @returns {{url, pid, noticed(sinceMs): seconds or null, close()}}
 */
export async function startFront(front, { upstream, folder, tool, programs, cpu }) {
  if (front.command === null) {
    return { url: `http://127.0.0.1:${upstream}`, pid: null, noticed: () => null, close: async () => {} };
  }
  mkdirSync(folder, { recursive: true });
  const listen = await freePort();
  const [program, args] = front.command({ listen, upstream, folder, tool, programs });
  // taskset(1) becomes the program: the pid stays.
  const argv = [...(cpu === undefined ? [] : ['taskset', '-c', cpu]), program, ...args].map(String);
  const env = { ...(programs[front.program]?.env ?? process.env), HOME: folder, XDG_DATA_HOME: folder };
  if (cpu !== undefined) env.GOMAXPROCS = '1';
  const child = spawn(argv[0], argv.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      for (const line of text.split('\n')) if (line) lines.push({ atMs: Date.now(), line });
    });
  }
  await untilOpen(listen, child, lines);
  return {
    url: `http://127.0.0.1:${listen}`,
    pid: child.pid,
    lines,
    noticed(sinceMs) {
      const said = lines.find(({ atMs, line }) => atMs >= sinceMs && front.notices.test(line));
      return said ? (said.atMs - sinceMs) / 1_000 : null;
    },
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function untilOpen(port, child, lines) {
  for (const untilMs = Date.now() + READY_LIMIT_MS; Date.now() < untilMs; await sleep(50)) {
    if (child.exitCode !== null) break;
    const open = await new Promise((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true) ?? socket.destroy());
      socket.on('error', () => done(false));
    });
    if (open) return;
  }
  child.kill('SIGKILL');
  throw new Error(
    `a proxy did not start: ${lines
      .map(({ line }) => line)
      .join('\n')
      .slice(-2_000)}`,
  );
}
