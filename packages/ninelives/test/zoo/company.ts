import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { POISON } from './servers/faults/engine.js';

const here = (script: string) => fileURLToPath(new URL(`./servers/${script}.js`, import.meta.url));

export const PROGRAMS = {
  server: here('server'),
  front: here('front'),
  'container-client': here('container-client'),
  stranger: here('stranger'),
};

/** Something beside the server, started by the harness and ended by it. */
export interface Companion {
  end(): Promise<void>;
}

/** A process of the harness's own. */
export function startProcess(script: keyof typeof PROGRAMS, ...args: string[]): Companion {
  const child = spawn(process.execPath, [PROGRAMS[script], ...args], { stdio: 'ignore' });
  return { end: () => endChild(child) };
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** What became of the requests offered so far: by status, `none` for those that got no answer. */
export interface Tally {
  [status: string]: number;
}

/** Sends `perSecond` requests whatever becomes of the earlier ones, each for at most `timeoutMs`. */
export function startCrowd(options: {
  port: number;
  perSecond: number;
  /** One request after the other, and again from the first. */
  requests: string[][];
  timeoutMs: number;
}): Companion & { tally: Tally } {
  const bodies = options.requests.map((input) => JSON.stringify({ input }));
  const tally: Tally = {};
  const open = new Set<http.ClientRequest>();
  const count = (key: string) => {
    tally[key] = (tally[key] ?? 0) + 1;
  };

  function send(body: string): void {
    const request = http.request({
      host: '127.0.0.1',
      port: options.port,
      path: '/v1/embeddings',
      method: 'POST',
      agent: false,
      timeout: options.timeoutMs,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    open.add(request);
    request.on('response', (response) => {
      count(String(response.statusCode));
      response.on('error', () => {}).resume();
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', () => count('none'));
    request.on('close', () => open.delete(request));
    request.end(body);
  }

  const startedMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    // Late ticks are caught up, so that the rate holds on a busy machine.
    const due = ((performance.now() - startedMs) / 1_000) * options.perSecond;
    for (; sent < due; sent += 1) send(bodies[sent % bodies.length] ?? '');
  }, 20);
  return {
    tally,
    async end() {
      clearInterval(timer);
      for (const request of open) request.destroy();
    },
  };
}

/** Ten times what the zoo's saturated servers can do. */
export const startTenfold = (port: number) =>
  startCrowd({ port, perSecond: 40, requests: [['one of many']], timeoutMs: 10_000 });

/** A client whose one request takes long, and who waits for it. */
export function startSleeper(gatewayPort: number, ms: number): Companion {
  const stop = new AbortController();
  const body = JSON.stringify({ input: [`a batch that sleeps for ${ms} ms`] });
  const url = `http://127.0.0.1:${gatewayPort}/v1/embeddings`;
  const headers = { 'content-type': 'application/json' };
  const ended = fetch(url, { method: 'POST', headers, body, signal: stop.signal })
    .then((answer) => answer.text())
    .catch(() => null);
  return {
    async end() {
      stop.abort();
      await ended;
    },
  };
}

/** One client that does not understand why its text gets no answer: a harmless one, then that one, and again. */
export function startPoisoner(port: number): Companion {
  const stop = new AbortController();
  async function post(text: string): Promise<boolean> {
    const body = JSON.stringify({ input: [text] });
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(2_000)]);
    const url = `http://127.0.0.1:${port}/v1/embeddings`;
    const answer = await fetch(url, { method: 'POST', body, signal }).catch(() => null);
    await answer?.text().catch(() => null);
    return answer?.status === 200;
  }
  async function goOn(): Promise<void> {
    while (!stop.signal.aborted) {
      const served = await post('a harmless text');
      await sleep(served ? 2_000 : 200);
      if (served) await post(POISON);
    }
  }
  const ended = goOn();
  return {
    async end() {
      stop.abort();
      await ended;
    },
  };
}
