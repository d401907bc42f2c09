import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Log } from '../log.js';
import { ApiError, errorBody } from './openai-error.js';

/*
 * Plain node:http rather than a framework: four routes need none, and importing one costs 70 ms of
 * every restart, which is longer than loading the model.
 */

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiRequest {
  /** Reads and parses the body; throws an ApiError for 400, 413 and 415. */
  json(): Promise<unknown>;
  /** Aborted when the client hangs up before it got its answer. */
  readonly signal: AbortSignal;
}

export type Handler = (request: ApiRequest) => Reply | Promise<Reply>;

/** path -> method -> handler. */
export type Routes = Readonly<Record<string, Readonly<Record<string, Handler>>>>;

export interface HttpOptions {
  readonly routes: Routes;
  readonly maxBodyBytes: number;
  readonly log: Log;
  /** `route` is a known path or 'other', so that nobody can make up label values. */
  requestDone(route: string, status: number, tookMs: number): void;
  nowMs(): number;
}

/** An HTTP server over a table of routes, with OpenAI error objects for everything that goes wrong. */
export function createHttpServer(options: HttpOptions): Server {
  const server = createServer((request, response) => {
    void serve(request, response, options);
  });
  // No limit on how long an answer may take: a wedged engine must look wedged, not like an error.
  server.timeout = 0;
  server.keepAliveTimeout = 75_000;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
    const body = errorBody(new ApiError(status, `This is not a well-formed HTTP request: ${error.message}`));
    socket.end(
      `HTTP/1.1 ${status} Bad Request\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    );
  });
  return server;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  options: HttpOptions,
): Promise<void> {
  const startedMs = options.nowMs();
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const methods = Object.hasOwn(options.routes, path) ? options.routes[path] : undefined;
  const gone = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) gone.abort(new ClientGone());
  });
  let reply: Reply;
  try {
    const handler = pickHandler(methods, request, path);
    reply = await handler({ signal: gone.signal, json: () => readJson(request, options.maxBodyBytes) });
  } catch (error) {
    reply = toReply(error, options.log);
  }
  // 499 is what proxies call "client closed request"; nobody is left to read it, but it is counted.
  const status = gone.signal.aborted ? 499 : reply.status;
  options.requestDone(methods === undefined ? 'other' : path, status, options.nowMs() - startedMs);
  if (!gone.signal.aborted) write(request, response, reply);
}

/** Rejects a waiting request whose client has hung up. */
class ClientGone extends Error {}

function pickHandler(methods: Routes[string] | undefined, request: IncomingMessage, path: string): Handler {
  if (methods === undefined) {
    throw new ApiError(
      404,
      `There is nothing at ${path.slice(0, 200)}. Try POST /v1/embeddings or GET /v1/models.`,
      {
        code: 'not_found',
      },
    );
  }
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (handler !== undefined) return handler;
  const allow = Object.keys(methods).join(', ');
  throw new ApiError(405, `${request.method} is not possible at ${path}; it takes ${allow}.`, {
    code: 'method_not_allowed',
    headers: { allow },
  });
}

function toReply(error: unknown, log: Log): Reply {
  if (error instanceof ClientGone) return { status: 499, body: '' };
  let known: ApiError;
  if (error instanceof ApiError) known = error;
  else {
    log('request failed', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    known = new ApiError(500, 'The server could not compute this; its log says why.', {
      code: 'internal_error',
    });
  }
  const { retryAfterS, headers } = known.detail;
  return {
    status: known.status,
    body: errorBody(known),
    headers: { ...headers, ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }) },
  };
}

function write(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const body = Buffer.from(reply.body);
  // A body that was not read to its end cannot be followed by another request on this connection.
  const unread = !request.complete && request.method !== 'GET' && request.method !== 'HEAD';
  response.writeHead(reply.status, {
    'content-type': reply.contentType ?? 'application/json',
    'content-length': body.length,
    ...(unread ? { connection: 'close' } : {}),
    ...reply.headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** An oversized body is thrown away up to this many times the limit, so that its sender can read why. */
const DISCARD_FACTOR = 16;

async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const type =
    (request.headers['content-type'] ?? 'application/json').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const isJson = type === 'application/json' || type.endsWith('+json');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes && isJson) chunks.push(chunk);
    if (size > maxBytes * DISCARD_FACTOR) break;
  }
  if (size > maxBytes) {
    throw new ApiError(413, `The request body is larger than ${maxBytes} bytes; send fewer texts at once.`, {
      code: 'body_too_large',
    });
  }
  if (!isJson) {
    throw new ApiError(415, `The content type is '${type}'; send 'content-type: application/json'.`, {
      code: 'unsupported_media_type',
    });
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (error) {
    throw new ApiError(400, `The request body is not valid JSON: ${(error as Error).message}`, {
      code: 'invalid_json',
    });
  }
}
