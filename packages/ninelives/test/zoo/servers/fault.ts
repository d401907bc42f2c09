import type { Server, ServerResponse } from 'node:http';
import type { EnginePool } from './engine-pool.js';
import type { Work } from './work.js';

/** What a fault may reach of the server that it breaks. */
export interface ZooServer {
  port: number;
  http: Server;
  engines: EnginePool;
  /** What the next life, or each one from now on, finds at its boot. */
  leave(trouble: string, lives: 'next' | 'all'): void;
  /** Gives an engine a long piece of work that no client waits for. */
  occupy(work: Work): void;
  /** The seconds that the caller of /zoo/break asked for; the fault's own measure where it did not. */
  lastsMs(otherwise: number): number;
}

/** One request for vectors, as a fault may answer it instead. */
export interface ZooRequest {
  inputs: string[];
  response: ServerResponse;
  /** Since the fault began, ms. */
  ageMs: number;
  /** Answers with these vectors, as OpenAI does. */
  send(vectors: unknown[][]): void;
}

/** One way to misbehave. Everything is healthy until `begin`, and again in the next life, unless it says otherwise. */
export interface Fault {
  /** Engines (default 1). */
  engines?: number;
  /** Starts each engine so that it stays as a zombie when it dies. */
  unreaped?: boolean;
  /** A counter of finished texts at /metrics. */
  metrics?: boolean;
  /** What every request costs, from the start. */
  work?: Work;
  /** Requests that may wait; beyond it 429. */
  maxWaiting?: number;
  /** Time from start to listening, moving all the while, ms. */
  loadMs?: number;
  /** Before it listens, in a life that was left this trouble; it has begun then. */
  boot?(trouble: string, port: number): Promise<void> | void;
  begin(server: ZooServer): void;
  /** Instead of the right answer, once begun. */
  answer?(request: ZooRequest): void;
  /** Once begun, `/health` and the like get no answer either. */
  mute?: boolean;
}
