import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createActions } from './http/actions.js';
import { dataAnswer } from './http/data.js';
import { pageFiles, type StaticFile } from './http/files.js';
import { type Answer, isForeign, isOurName, refusal, send } from './http/gate.js';
import { createLive } from './http/live.js';
import { dashboardView } from './model.js';
import type { DashboardOptions } from './options.js';
import { createPublicRoutes } from './public/routes.js';

export interface Dashboard {
  port: number;
  /** The record has changed. */
  changed(): void;
  close(): Promise<void>;
}

/**
 * The dashboard: the page, a read-only API over the record, `/metrics`, and the little that strangers may see. It decides
 * nothing, and an error in it ends one request, never the guard.
 * @throws the listening error (EADDRINUSE, EACCES …)
 */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { record, ports, names, token } = options;
  const files = pageFiles();
  const view = () =>
    dashboardView(record, {
      nowWallMs: ports.wallMs(),
      gateway: ports.gateway,
      actions: token !== null,
    });
  const live = createLive({ state: view, after: ports.after });
  const publicAnswer = createPublicRoutes(record);
  const act =
    token === null
      ? async () => refusal(403, 'this dashboard only shows')
      : createActions({ ...ports, token, services: () => record.services() });

  async function answer(request: IncomingMessage, url: URL): Promise<Answer> {
    const { method } = request;
    const shown = publicAnswer(url.pathname, ports.wallMs());
    if (shown && isReading(method)) return shown;
    if (!isOurName(request.headers.host, names))
      return refusal(421, 'not under this name; see dashboard.names');
    if (url.pathname === '/api/actions') {
      return method === 'POST' ? act(request) : refusal(405, 'POST');
    }
    if (!isReading(method)) return refusal(405, 'GET');
    if (isForeign(request)) return refusal(403, 'not for another site');
    const file = files.get(url.pathname);
    if (file) return fileAnswer(request, file);
    return dataAnswer(url, options, view);
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const base = 'http://dashboard';
    const url = URL.canParse(request.url ?? '', base) ? new URL(request.url ?? '', base) : null;
    if (url === null) return send(request, response, refusal(400, 'that is no path'));
    if (url.pathname === '/api/live' && request.method === 'GET') {
      if (!isOurName(request.headers.host, names) || isForeign(request)) {
        return send(request, response, refusal(403, 'not for another site'));
      }
      if (!live.join(response)) send(request, response, refusal(503, 'too many viewers'));
      return;
    }
    answer(request, url)
      .then((found) => send(request, response, found))
      .catch((error: unknown) => {
        ports.onBug(error);
        if (response.headersSent) response.destroy();
        else send(request, response, refusal(500, 'this is a bug; the guard goes on'));
      });
  }

  const server = await listen(options, handle).catch((error: unknown) => {
    live.close(); // its timer would keep a command alive that has failed
    throw error;
  });
  return {
    port: (server.address() as AddressInfo).port,
    changed: () => live.changed(),
    close() {
      live.close();
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      return closed;
    },
  };
}

async function listen(
  { host, port }: DashboardOptions,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, handle);
  server.maxConnections = 128;
  server.on('clientError', (_error, socket) => socket.destroy());
  await new Promise<void>((done, failed) => {
    server.once('error', failed);
    server.listen(port, host, () => {
      server.off('error', failed);
      done();
    });
  });
  return server;
}

const isReading = (method: string | undefined) => method === 'GET' || method === 'HEAD';

function fileAnswer({ headers }: IncomingMessage, { type, body, gzipped, etag }: StaticFile): Answer {
  const cached = { cache: 'no-cache', headers: { ETag: etag, Vary: 'Accept-Encoding' } };
  if (headers['if-none-match'] === etag) return { status: 304, type, body: '', ...cached };
  if (!/\bgzip\b/.test(String(headers['accept-encoding'] ?? '')))
    return { status: 200, type, body, ...cached };
  const zipped = { ...cached.headers, 'Content-Encoding': 'gzip' };
  return { status: 200, type, body: gzipped, cache: cached.cache, headers: zipped };
}
