import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BACKEND = fileURLToPath(new URL('backend.mjs', import.meta.url));
/** As `RestartSec=1`. */
const RESTART_MS = 1_000;
const SERVING_LIMIT_MS = 30_000;

/** The backend and its supervisor: whoever dies is started again a second later, and takes `loading` to be there. */
export class Server {
  deaths = 0;
  loading = { ms: 100, port: 'closed' };
  #child = null;
  #closed = false;

  constructor(port, folder) {
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.log = join(folder, 'copies.log');
    this.fault = join(folder, 'fault');
    this.folder = folder;
    writeFileSync(this.log, '');
    this.#start();
  }

  /** Only ever to the child that was started here and has not been reaped. */
  signal(signal) {
    this.#child?.kill(signal);
  }

  /** How often each body arrived. */
  copies() {
    const counts = new Map();
    for (const id of readFileSync(this.log, 'utf8').split('\n')) {
      if (id) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  }

  async serving() {
    for (const untilMs = Date.now() + SERVING_LIMIT_MS; Date.now() < untilMs; await sleep(50)) {
      const answer = await fetch(`${this.url}/health`).catch(() => null);
      await answer?.arrayBuffer();
      if (answer?.status === 200) return;
    }
    throw new Error('the backend does not serve');
  }

  async close() {
    this.#closed = true;
    const child = this.#child;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.fault, { force: true });
  }

  #start() {
    const { ms, port } = this.loading;
    const args = [
      '--port',
      this.port,
      '--log',
      this.log,
      '--fault',
      this.fault,
      '--load-ms',
      ms,
      '--loading',
      port,
    ];
    // A process group of its own, as every supervisor gives it.
    const child = spawn(process.execPath, [BACKEND, ...args.map(String)], {
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    });
    this.#child = child;
    child.on('exit', () => {
      this.#child = null;
      this.deaths += 1;
      if (!this.#closed) setTimeout(() => this.#closed || this.#start(), RESTART_MS);
    });
  }
}
