import { createReadStream, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { MINILM } from '../../src/model/catalogue.js';
import { ensureModel } from '../../src/model/ensure.js';

/** What the hub does with one request for a file; `undefined` serves it as it is. */
export type Mood = (
  file: string,
  request: number,
) => 'silent' | 'truncate' | 'corrupt' | 'hold' | 500 | 404 | undefined;

export interface HubServer {
  readonly url: string;
  /** Files asked for, in order. */
  readonly requests: string[];
  mood: Mood;
  /** Lets go of everything that 'hold' keeps half sent. */
  release(): void;
  close(): void;
}

/** The user's own cache, which these tests fill if it is empty. */
export function userCacheDir(): string {
  return path.join(process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'ninelives');
}

/** The folder of the real default model. */
export async function realModelDir(): Promise<string> {
  return (await ensureModel({ model: MINILM.id, cacheDir: userCacheDir() })).dir;
}

/** A server on loopback with the hub's URL layout, over a folder of real files. */
export async function startHub(modelDir: string): Promise<HubServer> {
  const requests: string[] = [];
  const held: (() => void)[] = [];
  const hub: HubServer = {
    url: '',
    requests,
    mood: () => undefined,
    release: () => held.splice(0).forEach((go) => void go()),
    close: () => {
      hub.release();
      server.close();
      server.closeAllConnections();
    },
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://hub');
    if (url.pathname.startsWith('/api/models/')) return sendTree(modelDir, response);
    if (url.pathname.startsWith('/registry/')) return sendRegistry(modelDir, url.pathname, request, response);
    const file = url.pathname.replace(/^\/[^/]+\/[^/]+\/resolve\/[^/]+\//, '');
    requests.push(file);
    sendFile(
      path.join(modelDir, file),
      hub.mood(file, requests.filter((one) => one === file).length),
      response,
      held,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(hub, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function sendFile(
  file: string,
  mood: ReturnType<Mood>,
  response: ServerResponse,
  held: (() => void)[],
): void {
  if (mood === 'silent') return;
  const status = typeof mood === 'number' ? mood : existsSync(file) ? 200 : 404;
  if (status !== 200) return void response.writeHead(status).end();
  const { size } = statSync(file);
  response.writeHead(200, { 'content-length': size });
  if (mood === 'corrupt') return void response.end(Buffer.alloc(size, 'x'));
  if (mood === 'truncate' || mood === 'hold') {
    const half = Math.floor(size / 2);
    createReadStream(file, { end: half - 1 })
      .on('end', () => {
        if (mood === 'truncate') response.destroy();
        else held.push(() => createReadStream(file, { start: half }).pipe(response));
      })
      .pipe(response, { end: false });
    return;
  }
  createReadStream(file).pipe(response);
}

function sendTree(modelDir: string, response: ServerResponse): void {
  const entries = readdirSync(modelDir, { recursive: true, encoding: 'utf8' }).map((name) => {
    const info = statSync(path.join(modelDir, name));
    const pinned = MINILM.files.find((file) => file.path === name);
    const lfs = info.size > 1e6 ? { oid: pinned?.sha256, size: info.size } : undefined;
    return { type: info.isDirectory() ? 'directory' : 'file', path: name, size: info.size, lfs };
  });
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(entries));
}

/** As much of an npm registry as `npm view` and a tarball's download need. */
function sendRegistry(
  modelDir: string,
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const [name = '', version = ''] = MINILM.npm.spec.split('@');
  if (pathname.endsWith('.tgz')) return void sendTarball(modelDir, response);
  const tarball = `http://${request.headers.host}/registry/${name}/-/${name}-${version}.tgz`;
  const packument = {
    name,
    'dist-tags': { latest: version },
    versions: { [version]: { name, version, dist: { tarball, shasum: '0'.repeat(40) } } },
  };
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(packument));
}

async function sendTarball(modelDir: string, response: ServerResponse): Promise<void> {
  const { create } = await import('tar');
  const dir = mkdtempSync(path.join(tmpdir(), 'embedder-tarball-'));
  const file = path.join(dir, 'package.tgz');
  // Plain tar: the real one is gzipped, and the reader takes both. By way of a file, since the packer
  // uses its buffers again before a socket has sent them.
  const names = MINILM.files.map((pinned) => pinned.path);
  await create({ cwd: modelDir, prefix: MINILM.npm.folder, file }, names);
  response.writeHead(200, { 'content-length': statSync(file).size });
  createReadStream(file)
    .on('close', () => rmSync(dir, { recursive: true }))
    .pipe(response);
}
