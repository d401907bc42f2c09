import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../../bin/ninelives-embedder.js', import.meta.url));

export interface LogEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A real embedder process, started by a test and ended by it. */
export interface Service {
  readonly url: string;
  readonly port: number;
  readonly api: ChildProcess;
  readonly engine: { readonly pid: number; readonly startTicks: string };
  readonly events: readonly LogEvent[];
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  /** Resolves with the first event of that name, past or to come. */
  until(event: string): Promise<LogEvent>;
  embed(body: unknown): Promise<Response>;
  get(path: string): Promise<Response>;
  /** The value of one metric, 0 if it is not there. */
  metric(name: string): Promise<number>;
  signalEngine(signal: NodeJS.Signals): void;
  /** Ends both processes, whatever state they are in. */
  end(): Promise<void>;
}

export interface ServiceOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** In a session of its own, as a supervisor starts it. */
  readonly detached?: boolean;
  /** Return once it listens, before the model is there. */
  readonly evenIfLoading?: boolean;
}

/** Starts the command on a free port and waits until it serves. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const api = spawn(process.execPath, [BIN, '--port', '0', '--json-log', ...(options.args ?? [])], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: options.detached ?? false,
    env: { ...process.env, ...options.env },
  });
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    api.once('exit', (code, signal) => resolve({ code, signal }));
  });
  const events: LogEvent[] = [];
  const waiters: { event: string; resolve(event: LogEvent): void }[] = [];
  createInterface({ input: api.stderr }).on('line', (line) => {
    const event = readEvent(line);
    events.push(event);
    for (const waiter of waiters) if (waiter.event === event.event) waiter.resolve(event);
  });
  const until = (event: string): Promise<LogEvent> => {
    const past = events.find((known) => known.event === event);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      waiters.push({ event, resolve });
      void exited.then((end) => {
        reject(new Error(`ended (${JSON.stringify(end)}) before '${event}': ${JSON.stringify(events)}`));
      });
    });
  };
  const listening = await until('listening');
  const url = String(listening.url);
  const enginePid = Number(listening.engine);
  const engine = { pid: enginePid, startTicks: startTicks(enginePid) ?? '' };
  if (options.evenIfLoading !== true) await until('model loaded, serving');
  const get = (path: string): Promise<Response> => fetch(`${url}${path}`);
  const signalEngine = (signal: NodeJS.Signals): void => {
    if (isAlive(engine)) process.kill(engine.pid, signal);
  };
  return {
    url,
    port: Number(new URL(url).port),
    api,
    engine,
    events,
    exited,
    until,
    get,
    embed: (body) =>
      fetch(`${url}/v1/embeddings`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    metric: async (name) => readMetric(await (await get('/metrics')).text(), name),
    signalEngine,
    end: async () => {
      if (api.exitCode === null && api.signalCode === null) api.kill('SIGKILL');
      await exited;
      signalEngine('SIGKILL');
    },
  };
}

function readEvent(line: string): LogEvent {
  try {
    return JSON.parse(line) as LogEvent;
  } catch {
    // A fatal error is printed for people, also under --json-log.
    return { event: 'text', line };
  }
}

function readMetric(text: string, name: string): number {
  const line = text
    .split('\n')
    .find((candidate) => candidate.startsWith(`${name} `) || candidate.startsWith(`${name}{`));
  return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ') + 1));
}

/** Field 22 of /proc/PID/stat; with the pid it names one process for good. */
export function startTicks(pid: number): string | undefined {
  return statFields(pid)?.[19];
}

/** 'R', 'S', 'T' (stopped), 'Z'…; `undefined` if there is no such process. */
export function processState(pid: number): string | undefined {
  return statFields(pid)?.[0];
}

function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Whether that very process still runs (a zombie does not). */
export function isAlive(identity: { pid: number; startTicks: string }): boolean {
  return startTicks(identity.pid) === identity.startTicks && processState(identity.pid) !== 'Z';
}

/** Waits for something that must happen; the limit only ends a test that would hang. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
