/**
 * One misbehaving model server: node server.js --port N --fault NAME --life FILE
 * Right answers at /v1/embeddings, /health and /v1/models until `POST /zoo/break`; the faults are in `faults/`.
 * FILE is how one life leaves its trouble to the next.
 */
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { startEngines } from './engine-pool.js';
import type { ZooServer } from './fault.js';
import { POISON } from './faults/engine.js';
import { SLEEPER } from './faults/long-work.js';
import { load } from './faults/start-up.js';
import { faultNamed } from './faults/table.js';
import type { Work } from './work.js';

const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    fault: { type: 'string', default: 'none' },
    life: { type: 'string' },
  },
});
const port = Number(values.port);
const lifeFile = values.life ?? '';
const fault = faultNamed(values.fault);
const state = { begunAtMs: null as number | null, completed: 0, lastsMs: null as number | null };

await bootUp();
const engines = await startEngines(fault.engines ?? 1, {
  unreaped: fault.unreaped ?? false,
  counted: (texts) => {
    state.completed += texts;
  },
});
const http = createServer((request, response) => {
  response.on('error', () => {});
  answer(request, response).catch((error) => sendJson(response, 400, { error: { message: String(error) } }));
});
http.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
http.listen({ port, host: '127.0.0.1', backlog: 1024 });

const server: ZooServer = {
  port,
  http,
  engines,
  leave: (trouble, lives) => writeFileSync(lifeFile, JSON.stringify({ trouble, lives })),
  occupy: (work) => engines.ask({ inputs: [], work, abandoned: () => false, done: () => {} }),
  lastsMs: (otherwise) => state.lastsMs ?? otherwise,
};

/** A fault that an earlier life has left begins with this one. */
async function bootUp(): Promise<void> {
  if (existsSync(lifeFile)) {
    const { trouble, lives } = JSON.parse(readFileSync(lifeFile, 'utf8'));
    if (lives === 'next') rmSync(lifeFile);
    await fault.boot?.(trouble, port);
    state.begunAtMs = performance.now();
  }
  if (fault.loadMs !== undefined) await load(fault.loadMs);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const begun = state.begunAtMs !== null;
  if (request.url?.startsWith('/zoo/break')) return begin(request, response);
  if (request.url === '/zoo/mend') return mend(response);
  if (begun && fault.mute) return;
  switch (request.url) {
    case '/health':
      return sendJson(response, 200, { status: 'ok', pid: process.pid });
    case '/v1/models':
      return sendJson(response, 200, { object: 'list', data: [{ id: 'zoo', object: 'model' }] });
    case '/v1/embeddings':
      return embed(request, response);
    case '/metrics':
      if (fault.metrics) return sendMetrics(response);
  }
  sendJson(response, 404, { error: { message: `nothing at ${request.url}` } });
}

/** Answered first: what follows may stop this very process. */
async function begin(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const lastsMs = new URL(request.url ?? '', 'http://zoo').searchParams.get('ms');
  state.lastsMs = lastsMs === null ? null : Number(lastsMs);
  sendJson(response, 200, { begun: values.fault });
  await once(response, 'close');
  state.begunAtMs = performance.now();
  fault.begin(server);
}

/** For a server that somebody else restarts in name only (container-client.ts). */
function mend(response: ServerResponse): void {
  state.begunAtMs = null;
  sendJson(response, 200, { mended: values.fault });
}

async function embed(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const { input } = JSON.parse(Buffer.concat(chunks).toString()) as { input: string | string[] };
  const inputs = [input].flat();
  const send = (vectors: unknown[][]) => sendVectors(response, vectors);
  if (state.begunAtMs !== null && fault.answer) {
    return fault.answer({ inputs, response, send, ageMs: performance.now() - state.begunAtMs });
  }
  if (fault.maxWaiting !== undefined && engines.waiting() >= fault.maxWaiting) {
    return sendJson(response, 429, { error: { message: 'the queue is full' } }, { 'retry-after': '1' });
  }
  engines.ask({ inputs, work: workOf(inputs), abandoned: () => response.destroyed, done: send });
}

function workOf(inputs: string[]): Work | null {
  if (inputs.includes(POISON)) return { kind: 'never', ms: 0, counted: false };
  const sleeps = SLEEPER.exec(inputs[0] ?? '')?.[1];
  if (sleeps) return { kind: 'sleep', ms: Number(sleeps), counted: false };
  return fault.work ?? null;
}

function sendVectors(response: ServerResponse, vectors: unknown[][]): void {
  const data = vectors.map((embedding, index) => ({ object: 'embedding', index, embedding }));
  sendJson(response, 200, { object: 'list', data, model: 'zoo' });
}

function sendMetrics(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
  response.end(`# TYPE zoo_texts_completed_total counter\nzoo_texts_completed_total ${state.completed}\n`);
}

function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: { [name: string]: string } = {},
): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
