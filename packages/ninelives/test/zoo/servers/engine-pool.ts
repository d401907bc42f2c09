import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EngineReply, EngineRequest } from './engine.js';
import type { Work } from './work.js';

const ENGINE = fileURLToPath(new URL('./engine.js', import.meta.url));

/** A request on its way to one engine. */
export interface Job {
  inputs: string[];
  work: Work | null;
  /** Its client is gone: not worth an engine's time any more. */
  abandoned: () => boolean;
  done: (vectors: number[][]) => void;
}

/** The engines of one server. Nothing here has a time limit: an engine that hangs is waited for, for ever. */
export interface EnginePool {
  pids(): number[];
  /** Requests given out and not answered yet. */
  waiting(): number;
  /** Goes to the next engine in turn, and waits there behind what that one has. */
  ask(job: Job): void;
}

/**
 * @param unreaped start each under a parent that never waits for it, so that a dead one stays as a zombie
 * @param counted called with each text that an engine reports as done
 */
export async function startEngines(
  count: number,
  { unreaped, counted }: { unreaped: boolean; counted: (texts: number) => void },
): Promise<EnginePool> {
  const engines = await Promise.all(Array.from({ length: count }, () => startEngine(unreaped, counted)));
  let turn = 0;
  return {
    pids: () => engines.map((engine) => engine.pid),
    waiting: () => engines.reduce((sum, engine) => sum + engine.waiting(), 0),
    ask(job) {
      engines[turn % engines.length]?.ask(job);
      turn += 1;
    },
  };
}

async function startEngine(unreaped: boolean, counted: (texts: number) => void) {
  const child = unreaped
    ? spawnUnreaped()
    : spawn(process.execPath, [ENGINE], { stdio: ['pipe', 'pipe', 2] });
  // A dead engine is not noticed here: that is what several of the classes are about.
  child.stdin?.on('error', () => {});
  const queue: Job[] = [];
  let current: Job | null = null;
  let lastId = 0;
  let ready: (pid: number) => void;
  const pid = new Promise<number>((resolve) => {
    ready = resolve;
  });

  function next(): void {
    if (current) return;
    let job = queue.shift();
    while (job?.abandoned()) job = queue.shift();
    if (!job) return;
    current = job;
    lastId += 1;
    const request: EngineRequest = { id: lastId, inputs: job.inputs, work: job.work };
    child.stdin?.write(`${JSON.stringify(request)}\n`);
  }

  if (!child.stdout) throw new Error('the engine has no output');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const reply = JSON.parse(line) as EngineReply;
    if ('ready' in reply) return ready(reply.ready);
    if ('counted' in reply) return counted(reply.counted);
    counted(reply.vectors.length);
    current?.done(reply.vectors);
    current = null;
    next();
  });
  return {
    pid: await pid,
    waiting: () => queue.length + (current ? 1 : 0),
    ask(job: Job) {
      queue.push(job);
      next();
    },
  };
}

/** `sleep` takes the shell's place and inherits its child: it never calls wait(2). */
function spawnUnreaped(): ChildProcess {
  const script = 'exec 3<&0; "$@" <&3 3<&- & exec sleep 1000000 <&- >&- 3<&-';
  return spawn('/bin/sh', ['-c', script, 'sh', process.execPath, ENGINE], { stdio: ['pipe', 'pipe', 2] });
}
