import type { Upstream } from '../wire/upstream.js';
import { type Job, pathOf } from './job.js';

/** What is known of the work that waits: enough to ask for a very small piece of it. */
export interface Sample {
  path: string;
  /** `"model"` of the request, where it has one. */
  model: string | null;
  authorization: string | undefined;
}

/** Small bodies by path; servers that look alive and do no work are the reason for all this. */
const SMALL_WORK: [path: RegExp, body: object][] = [
  [/embed|pooling/, { input: ['ninelives'], inputs: ['ninelives'] }],
  [/rerank|score/, { query: 'a', documents: ['b'], texts: ['b'], text_1: 'a', text_2: 'b' }],
  [/chat/, { messages: [{ role: 'user', content: 'a' }], max_tokens: 1 }],
  [/completion/, { prompt: 'a', max_tokens: 1 }],
];
const MODEL = /"model"\s*:\s*"([^"\\]{1,200})"/;
/** Where clients put the model: near an end of the body. */
const EDGE_BYTES = 2_048;

function modelIn(body: readonly Buffer[]): string | null {
  const first = body[0]?.toString('utf8', 0, EDGE_BYTES) ?? '';
  const last = body.at(-1);
  const tail = last?.toString('utf8', Math.max(0, last.length - EDGE_BYTES)) ?? '';
  return MODEL.exec(first)?.[1] ?? MODEL.exec(tail)?.[1] ?? null;
}

/** @param whole with its model, which has to be looked for in its body */
export function sampleOf(job: Job, whole: boolean): Sample {
  const { authorization } = job.call.head;
  return { path: pathOf(job), model: whole ? modelIn(job.body) : null, authorization };
}

export interface CanaryOptions {
  upstream: Upstream;
  /** `host:port` of the backend. */
  address: string;
  clock: { after(delayMs: number, run: () => void): () => void };
  limitMs: number;
}

/**
 * Asks the backend for one small piece of real work of the kind that waits, on a connection of its own. Alive is what
 * answers whole and not with a 5xx: a 4xx is about our question, not about the server.
 * @returns what calls it off: `done` is not called then.
 */
export function askCanary(
  sample: Sample | null,
  options: CanaryOptions,
  done: (alive: boolean) => void,
): () => void {
  const { method, path, body } = questionOf(sample);
  let status = 0;
  let over = false;
  const settle = (alive: boolean) => {
    if (over) return;
    over = true;
    stop();
    done(alive);
  };
  const stop = options.clock.after(options.limitMs, () => {
    exchange.abort();
    settle(false);
  });
  let head = `${method} ${path} HTTP/1.1\r\nHost: ${options.address}\r\nConnection: close\r\n`;
  head += 'User-Agent: ninelives-gateway (canary)\r\n';
  if (sample?.authorization) head += `Authorization: ${sample.authorization}\r\n`;
  if (body) head += `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  const listener = {
    head: (answer: { status: number }) => {
      status = answer.status;
    },
    body: () => {},
    end: () => settle(status < 500),
    failed: () => settle(false),
  };
  const outgoing = { method, head: `${head}\r\n`, body: body ? [body] : [] };
  const exchange = options.upstream.send(outgoing, listener, { fresh: true });
  return () => {
    over = true;
    stop();
    exchange.abort();
  };
}

function questionOf(sample: Sample | null): { method: string; path: string; body: Buffer | null } {
  if (!sample) return { method: 'GET', path: '/v1/models', body: null };
  const work = SMALL_WORK.find(([path]) => path.test(sample.path))?.[1];
  if (!work) return { method: 'GET', path: '/v1/models', body: null };
  const question = sample.model === null ? work : { ...work, model: sample.model };
  return { method: 'POST', path: sample.path, body: Buffer.from(JSON.stringify(question)) };
}
