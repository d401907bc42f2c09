import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type FileRecord, openRecord } from '../../src/record/sqlite.js';

export const BIN = fileURLToPath(new URL('../../../bin/ninelives.js', import.meta.url));

/** A place on loopback that can be switched off and on at the same address. */
export interface Place {
  url: string;
  port: number;
  answer: (body: string, response: ServerResponse) => void;
  requests: { body: string; headers: { [name: string]: unknown } }[];
  off(): Promise<void>;
  on(): Promise<void>;
}

const LIMIT_MS = 150_000;

export async function place(answer: Place['answer']): Promise<Place> {
  let server: Server;
  const self: Place = { url: '', port: 0, answer, requests: [], off, on };
  async function on(): Promise<void> {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
      self.requests.push({ body, headers: request.headers });
      self.answer(body, response);
    }).listen(self.port, '127.0.0.1');
    await once(server, 'listening');
    self.port = (server.address() as AddressInfo).port;
    self.url = `http://127.0.0.1:${self.port}`;
  }
  async function off(): Promise<void> {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
  await on();
  return self;
}

/** Answers as an embedding server does: a vector a text, the same for the same text, unlike for others. */
export function embeds(body: string, response: ServerResponse): void {
  const { input } = JSON.parse(body || '{"input":[]}') as { input: string[] };
  const data = input.map((text, index) => {
    const digest = createHash('sha256').update(text).digest();
    return { index, embedding: [...digest].map((byte) => byte - 128) };
  });
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ data, model: 'm' }));
}

export async function until<T>(what: string, look: () => T | null | undefined | false): Promise<T> {
  for (const from = performance.now(); performance.now() - from < LIMIT_MS; await sleep(20)) {
    const found = look();
    if (found) return found;
  }
  throw new Error(`not within ${LIMIT_MS} ms: ${what}`);
}

/** The service seen from a machine beside it, every place of it on loopback. */
export async function openStage(options: { lan: boolean; extra?: string }) {
  const stateDir = mkdtempSync(join(tmpdir(), 'ninelives-watch-'));
  const places = {
    edge: await place(embeds),
    box: await place(embeds),
    one: await place((_, response) => response.writeHead(204).end()),
    two: await place((_, response) => response.writeHead(204).end()),
    phone: await place((_, response) => response.end()),
  };
  const { edge, box, one, two, phone } = places;
  const config = join(stateDir, 'ninelives.yaml');
  writeFileSync(
    config,
    `version: 1
services:
  - name: svc
    unit: model.service
    port: 8088
    public: { url: "${edge.url}" }
${options.lan ? `    lan: { url: "${box.url}" }` : ''}
watch:
  every: 150ms
  confirm: 50ms
  deadline: 2s
  controls:
    - { owner: a, url: "${one.url}", status: 204 }
    - { owner: b, url: "tcp://127.0.0.1:${two.port}" }
${options.extra ?? ''}
notify:
  - { name: phone, webhook: { url: "${phone.url}" } }
`,
  );
  const children: ChildProcess[] = [];
  let output = '';
  function start(...args: string[]): ChildProcess {
    const argv = [BIN, 'watch', '--state', stateDir, '--config', config, ...args];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    children.push(child);
    return child;
  }
  return {
    ...places,
    stateDir,
    config,
    start,
    output: () => output,
    /** What the phone has accepted, in order. */
    pages: () => phone.requests.map(({ body }) => JSON.parse(body) as { [key: string]: unknown }),
    async close() {
      for (const child of children) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
      for (const each of Object.values(places)) await each.off();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

/** What a layer's record says now, read beside it; `otherwise` where there is none yet. */
export function withRecordOf<T>(stateDir: string, use: (record: FileRecord) => T, otherwise: T): T {
  if (!existsSync(join(stateDir, 'record.db'))) return otherwise;
  const record = openRecord(join(stateDir, 'record.db'), { readOnly: true });
  try {
    return use(record);
  } finally {
    record.close();
  }
}
