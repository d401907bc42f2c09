import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import {
  type AddressInfo,
  createServer as createNetServer,
  type Server as NetServer,
  type Socket,
} from 'node:net';
import { createGoldenStore } from '../../src/probe/golden.js';
import type { ProbeEnvironment, ProbeSpec } from '../../src/probe/probe.js';
import { runProbe } from '../../src/probe/run.js';

export interface BadServer {
  url: string;
  /** Paths asked so far. */
  asked: string[];
  connections(): number;
  open(): number;
  close(): Promise<void>;
}

export type Work = (body: string, request: IncomingMessage, response: ServerResponse) => void;

/** A model server that does `work` on real requests; /health always answers 200, /v1/models never does. */
export async function startBadServer(work: Work): Promise<BadServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.on('error', () => {}); // clients leave, that is what they are here for
    if (request.url === '/health') return response.end('ok');
    if (request.url === '/v1/models') return;
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => work(body, request, response));
  });
  return { asked, ...(await listening(server)) };
}

/** Any server that speaks raw bytes. */
export async function startRawServer(onSocket: (socket: Socket) => void): Promise<Omit<BadServer, 'asked'>> {
  return listening(createNetServer((socket) => onSocket(socket.on('error', () => {}))));
}

async function listening(server: Server | NetServer) {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    open: () => sockets.size,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A different, fixed vector for each text. */
export function vectorOf(text: string): number[] {
  return Array.from({ length: 16 }, (_, i) =>
    Math.sin((i + 1) * [...text].reduce((sum, char, at) => sum + char.charCodeAt(0) * (at + 1), 0)),
  );
}

/** Answers as a right embedding server, after `change` has had a go at the vectors. */
export function embed(change: (vectors: unknown[]) => unknown[] = (vectors) => vectors): Work {
  return (body, _request, response) => {
    const { input } = JSON.parse(body) as { input: string[] };
    const data = change(input.map(vectorOf)).map((embedding, index) => ({ index, embedding }));
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ data }));
  };
}

export function specFor(url: string, more: Partial<ProbeSpec> = {}): ProbeSpec {
  const cheapPaths = ['/health', '/v1/models'];
  return { kind: 'embeddings', url, model: null, headers: {}, cheapPaths, options: {}, ...more };
}

export function environment(more: Partial<ProbeEnvironment> = {}): ProbeEnvironment {
  return {
    fetch: globalThis.fetch,
    nowMs: () => performance.now(),
    deadlineMs: 10_000,
    signal: new AbortController().signal,
    attempt: 0,
    golden: createGoldenStore(),
    ...more,
  };
}

export async function withServer(work: Work, use: (server: BadServer) => Promise<void>): Promise<void> {
  const server = await startBadServer(work);
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

/** One probe of a server that does `work`. */
export async function probe(work: Work, env: Partial<ProbeEnvironment> = {}, spec: Partial<ProbeSpec> = {}) {
  let outcome: Awaited<ReturnType<typeof runProbe>> | undefined;
  await withServer(work, async ({ url }) => {
    outcome = await runProbe(specFor(url, spec), environment(env));
  });
  assert.ok(outcome !== undefined);
  return outcome;
}
