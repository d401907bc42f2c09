/**
 * The process that "holds the model": one JSON line in, one out, one request at a time, blocking while it works.
 * It ends when its API process does.
 */
import { createInterface } from 'node:readline';
import { vectorOf } from './vectors.js';
import { doWork, type Work } from './work.js';

/** From the API process. */
export interface EngineRequest {
  id: number;
  inputs: string[];
  work: Work | null;
}

/** To the API process: ready once, a vector for each input, or one more text done within a long batch. */
export type EngineReply = { ready: number } | { id: number; vectors: number[][] } | { counted: number };

function say(reply: EngineReply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { id, inputs, work } = JSON.parse(line) as EngineRequest;
  if (work !== null) doWork(work, () => say({ counted: 1 }));
  say({ id, vectors: inputs.map(vectorOf) });
});
lines.on('close', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));
say({ ready: process.pid });
