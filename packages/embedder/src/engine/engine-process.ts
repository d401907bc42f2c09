import { type ChildProcess, fork } from 'node:child_process';
import type { BatchMessage, FromEngine, LoadMessage } from './protocol.js';

export interface EngineReady {
  readonly dimensions: number;
  readonly loadMs: number;
}

export interface BatchResult {
  readonly vectors: Float32Array;
  readonly inferenceMs: number;
}

/** How the engine process ended; `reason` is a sentence for the log. */
export interface EngineExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly reason: string;
}

/** The API process's handle on its engine. No call here has a time limit: a frozen engine is waited for. */
export interface EngineProcess {
  readonly pid: number;
  readonly exited: Promise<EngineExit>;
  /** Resolves once the model answers; rejects with the engine's own reason if it cannot be loaded. */
  load(spec: Omit<LoadMessage, 'type'>): Promise<EngineReady>;
  /** Rejects only if the engine says that this batch failed; its death is told through `exited`. */
  run(ids: Int32Array, lengths: Int32Array): Promise<BatchResult>;
  /** Ends it for good, frozen or not. Safe: an unreaped direct child's pid cannot be anyone else's. */
  kill(): void;
}

interface Waiter<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

/** Starts the engine process. It loads nothing until `load` is called, but its imports begin at once. */
export function startEngine(entry: URL): EngineProcess {
  // stdio: only the output files and the channel. A listener opened later is close-on-exec and the
  // engine exists before it anyway, so it can never hold the port.
  const child = fork(entry, [], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const batches = new Map<number, Waiter<BatchResult>>();
  let loading: Waiter<EngineReady> | undefined;
  let nextId = 1;
  child.on('message', (message: FromEngine) => {
    if (message.type === 'ready') loading?.resolve(message);
    else if (message.type === 'failed') loading?.reject(new Error(message.message));
    else {
      const waiter = batches.get(message.id);
      batches.delete(message.id);
      if (message.type === 'vectors') waiter?.resolve(message);
      else waiter?.reject(new Error(message.message));
    }
  });
  return {
    pid: child.pid ?? 0,
    exited: exitOf(child),
    load: (spec) =>
      new Promise((resolve, reject) => {
        loading = { resolve, reject };
        child.send({ type: 'load', ...spec } satisfies LoadMessage);
      }),
    run: (ids, lengths) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        batches.set(id, { resolve, reject });
        child.send({ type: 'batch', id, ids, lengths } satisfies BatchMessage);
      }),
    kill: () => void child.kill('SIGKILL'),
  };
}

function exitOf(child: ChildProcess): Promise<EngineExit> {
  return new Promise((resolve) => {
    child.once('error', (error) =>
      resolve({ code: null, signal: null, reason: `could not start: ${error.message}` }),
    );
    child.once('exit', (code, signal) => {
      const reason = signal === null ? `exited with status ${code}` : `was killed by ${signal}`;
      resolve({ code, signal, reason });
    });
    // A send into a dying engine fails here; 'exit' follows and is the one account of it.
    child.on('error', () => undefined);
  });
}
