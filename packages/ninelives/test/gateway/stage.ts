import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { lookAtPort } from '../../src/cli/gateway/backend-look.js';
import { type Gateway, type GatewayOptions, startGateway } from '../../src/gateway/gateway.js';
import { HOLD_LIMITS } from '../../src/gateway/limits.js';
import type { GatewayPorts } from '../../src/gateway/ports.js';
import { FRONT_LIMITS } from '../../src/gateway/proxy/front.js';
import { systemClock } from '../../src/host/system-clock.js';

const FIXTURE = fileURLToPath(new URL('../../../test/fixtures/gateway-backend.mjs', import.meta.url));
const RESTART_MS = 100;
/** Longest wait for anything that must come. */
export const LIMIT_MS = 60_000;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const giveUpMs = Date.now() + LIMIT_MS; !(await holds()); await sleep(10)) {
    if (Date.now() > giveUpMs) throw new Error(`waited in vain: ${what}`);
  }
}

/** A real backend process, started again whenever it dies; only then does it take its time to load. */
export class Backend {
  deaths = 0;
  readonly folder = mkdtempSync(join(tmpdir(), 'ninelives-gateway-'));
  private readonly log = join(this.folder, 'copies');
  private child: ChildProcess | null = null;
  private closed = false;

  private constructor(
    readonly port: number,
    private readonly loading: { ms: number; port: 'closed' | '503' },
  ) {
    writeFileSync(this.log, '');
    this.start();
  }

  static async start(
    loading: { ms: number; port: 'closed' | '503' } = { ms: 0, port: 'closed' },
  ): Promise<Backend> {
    const backend = new Backend(await freePort(), loading);
    await backend.serving();
    return backend;
  }

  /** Only ever the child that this object started, and that has not been reaped. */
  signal(signal: NodeJS.Signals): void {
    this.child?.kill(signal);
  }

  /** Resolves once it is dead. */
  async kill(): Promise<void> {
    const { deaths } = this;
    this.signal('SIGKILL');
    await until('the backend is dead', () => this.deaths > deaths);
  }

  /** How often each text really came, but for canaries. */
  copies(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const text of readFileSync(this.log, 'utf8').split('\n')) {
      if (text !== '' && text !== 'ninelives') counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    return counts;
  }

  async close(): Promise<void> {
    this.closed = true;
    const { child } = this;
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  async serving(): Promise<void> {
    const models = `http://127.0.0.1:${this.port}/v1/models`;
    for (const giveUpMs = Date.now() + LIMIT_MS; ; await sleep(20)) {
      const response = await fetch(models).catch(() => null);
      await response?.arrayBuffer();
      if (response?.status === 200) return;
      if (Date.now() > giveUpMs) throw new Error('the backend does not serve');
    }
  }

  private start(): void {
    const { port, log, loading } = this;
    const loadMs = String(this.deaths === 0 ? 0 : loading.ms);
    const args = ['--port', String(port), '--log', log, '--load-ms', loadMs, '--loading', loading.port];
    // A process group of its own, as every supervisor gives it: whoever looks at its processes must not see the test's.
    const child = spawn(process.execPath, [FIXTURE, ...args], {
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    });
    this.child = child;
    child.on('exit', () => {
      this.deaths += 1;
      if (!this.closed) setTimeout(() => this.closed || this.start(), RESTART_MS);
    });
  }
}

export interface Change extends Partial<Omit<GatewayOptions, 'limits' | 'front'>> {
  limits?: Partial<GatewayOptions['limits']>;
  front?: Partial<GatewayOptions['front']>;
  /** May it look at the backend's processes? */
  blind?: boolean;
  clock?: GatewayPorts['clock'];
}

/** A gateway in this process, before that backend. */
export async function openGateway(port: number, change: Change = {}): Promise<Gateway & { url: string }> {
  const { limits, front, blind = false, clock = systemClock, ...rest } = change;
  let ids = 0;
  const gateway = await startGateway(
    {
      listen: { host: '127.0.0.1', port: 0 },
      upstream: { host: '127.0.0.1', port },
      replayChat: false,
      keys: [],
      rate: null,
      privateSocket: null,
      metrics: null,
      ...rest,
      limits: { ...HOLD_LIMITS, ...limits },
      front: { ...FRONT_LIMITS, ...front },
    },
    {
      clock,
      newId: () => `id-${++ids}`,
      look: blind ? null : lookAtPort(port),
      log: () => {},
    },
  );
  return { ...gateway, url: `http://127.0.0.1:${gateway.port}` };
}

export interface Answered {
  status: number;
  text: string;
  headers: Headers;
  tookMs: number;
}

const EMBEDDINGS = '/v1/embeddings';
const POST = { method: 'POST', headers: { 'Content-Type': 'application/json' } };
const bodyOf = (text: string) => JSON.stringify({ input: [text], model: 'small' });

/** One call, as a client without retries makes it. @throws as fetch does. */
export async function ask(
  url: string,
  text: string,
  options: { path?: string; signal?: AbortSignal } = {},
): Promise<Answered> {
  const startedMs = performance.now();
  const response = await fetch(`${url}${options.path ?? EMBEDDINGS}`, {
    ...POST,
    body: bodyOf(text),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const body = await response.text();
  return {
    status: response.status,
    text: body,
    headers: response.headers,
    tookMs: performance.now() - startedMs,
  };
}

/** The same on the agent's connection. */
async function askOn(agent: Agent, url: string, asked: string): Promise<Pick<Answered, 'status' | 'text'>> {
  const sent = request(`${url}${EMBEDDINGS}`, { ...POST, agent });
  sent.end(bodyOf(asked));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, text: await textOf(response) };
}

/**
 * Several clients that ask without end, each the next question when the last is answered, and each on one connection
 * of its own: when that breaks, one call is lost with it, and not what a pool would send on others that broke too.
 */
export function crowd(
  url: string,
  clients: number,
): { stop(): Promise<{ calls: number; failed: string[] }> } {
  let going = true;
  let calls = 0;
  const failed: string[] = [];
  const one = async (client: number) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; going; i++) {
      calls += 1;
      const text = `wait:20 of ${client}, ${i}`;
      const answer = await askOn(agent, url, text).catch((error) => ({ status: 0, text: String(error) }));
      const right = answer.status === 200 && (JSON.parse(answer.text) as { text: string }).text === text;
      if (!right) failed.push(`${text}: ${answer.status} ${answer.text}`);
    }
    agent.destroy();
  };
  const all = Promise.all(Array.from({ length: clients }, (_, client) => one(client)));
  return {
    async stop() {
      going = false;
      await all;
      return { calls, failed };
    },
  };
}
