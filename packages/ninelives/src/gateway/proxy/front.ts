import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Keys } from '../access/keys.js';
import type { createRate } from '../access/rate.js';
import type { GatewayPorts } from '../ports.js';
import { clientOf, headForUpstream, requestIdOf } from './headers.js';
import { type IntakeRoom, objectionTo, readBody, tooMany } from './intake.js';
import { jobOf } from './job.js';
import type { Relay } from './relay.js';
import { asksForStream, routeOf } from './routes.js';
import { type Problem, rawRefusal, refuseWith } from './speak.js';

/** Bounds of the public port. */
export interface FrontLimits {
  bodyMax: number;
  /** Bodies that are still being read, together. */
  intakeMax: number;
  headMax: number;
  /** A head, and a whole request, must be here by then: a slow sender costs a connection, not more. */
  headMs: number;
  requestMs: number;
  /** Longer than common tunnels keep theirs (cloudflared: 90 s), so that they never write into one that just closed. */
  keepAliveMs: number;
  connectionsMax: number;
  /** A client that takes nothing of its answer for so long is cut off. */
  takeMs: number;
  /** Answers that are kept until they are whole, and those not taken yet: bytes of each, together. */
  answersMax: number;
  /** Requests on one connection that are not answered yet; hardly a client sends a second one before. */
  pipelinedMax: number;
}

export const FRONT_LIMITS: FrontLimits = {
  bodyMax: 32 * 1024 * 1024,
  intakeMax: 256 * 1024 * 1024,
  headMax: 32 * 1024,
  headMs: 15_000,
  requestMs: 60_000,
  keepAliveMs: 95_000,
  connectionsMax: 4_096,
  takeMs: 60_000,
  answersMax: 256 * 1024 * 1024,
  pipelinedMax: 4,
};

export interface FrontOptions {
  limits: FrontLimits;
  relay: Relay;
  /** `host:port` of the backend. */
  address: string;
  replayChat: boolean;
  keys: Keys | null;
  rate: ReturnType<typeof createRate> | null;
  ports: Pick<GatewayPorts, 'clock' | 'newId'>;
}

/** Refused before the hold ever saw them, or cut off because they took no answer, by code. */
export type TurnedAway = Map<string, number>;

export interface Front {
  server: Server;
  turnedAway: TurnedAway;
  /** From now on each answer is the last on its connection. */
  drain(): void;
}

/** The public port: HTTP/1.1 as Node parses it (strictly), and nothing but requests for the backend. */
export function createFront(options: FrontOptions): Front {
  const { limits } = options;
  const turnedAway: TurnedAway = new Map();
  const room: IntakeRoom = { bytes: 0, max: limits.intakeMax };
  const pipelined = new WeakMap<Socket, number>();
  let draining = false;
  let lastId = 0;

  const count = (code: string) => turnedAway.set(code, (turnedAway.get(code) ?? 0) + 1);

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const requestId = requestIdOf(request, options.ports.newId);
    if (draining) response.shouldKeepAlive = false;
    const turnAway = (problem: Problem) => {
      count(problem.code);
      // What is still coming is read and dropped; a client that still waits for our "100 Continue" may never send it.
      request.resume();
      const close = problem.close || request.headers.expect !== undefined;
      refuseWith(response, close ? { ...problem, close } : problem, requestId);
    };
    const waiting = (pipelined.get(request.socket) ?? 0) + 1;
    pipelined.set(request.socket, waiting);
    response.on('close', () => pipelined.set(request.socket, (pipelined.get(request.socket) ?? 1) - 1));
    const objection = waiting > limits.pipelinedMax ? tooMany() : objectionTo(request, limits.bodyMax);
    if (objection) return turnAway(objection);
    const visitor = admit(options, request);
    if ('status' in visitor) return turnAway(visitor);
    if (request.headers.expect !== undefined) response.writeContinue();
    readBody(request, { bodyMax: limits.bodyMax, room }, (body) => {
      if (!Array.isArray(body)) return turnAway(body);
      enter(request, response, requestId, visitor.client, body);
    });
  }

  function enter(
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    client: string,
    body: readonly Buffer[],
  ): void {
    const { method = 'GET', url = '/' } = request;
    const route = routeOf(method, url, options);
    if (asksForStream(route, body)) route.replay = 'unsent';
    const bytes = body.reduce((sum, part) => sum + part.length, 0);
    const ownsAuthorization = options.keys !== null;
    const forwarding = { upstream: options.address, requestId, bodyBytes: bytes, ownsAuthorization };
    const head = headForUpstream(request, forwarding);
    lastId += 1;
    const job = { id: lastId, requestId, client, route, request, response, head, body, bytes };
    options.relay.accept(jobOf(job));
  }

  const server = listenerFor(limits, count);
  server.on('request', handle);
  server.on('checkContinue', handle);
  return {
    server,
    turnedAway,
    drain() {
      draining = true;
    },
  };
}

/** A server of those limits, which counts whom it turns away by itself. */
function listenerFor(limits: FrontLimits, count: (code: string) => void): Server {
  const server = createServer({
    maxHeaderSize: limits.headMax,
    headersTimeout: limits.headMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: 1_000,
    noDelay: true,
  });
  server.maxConnections = limits.connectionsMax;
  server.timeout = 0; // how long an answer may take is the hold's business
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const problem = notHttp(error.code);
    count(problem.code);
    hangUp(socket, error.code, problem);
  });
  server.on('drop', () => count('too_many_connections'));
  server.on('timeout', (socket: Socket) => {
    // Else it was kept alive, and nobody asked any more.
    if (isAnswering(socket)) count('answer_not_taken');
    socket.destroy();
  });
  return server;
}

/** Whose request it is, or why not. */
function admit({ keys, rate, ports }: FrontOptions, request: IncomingMessage): { client: string } | Problem {
  let client = clientOf(request);
  if (keys) {
    const { authorization, 'x-api-key': apiKey } = request.headers;
    const key = keys.whose(authorization, typeof apiKey === 'string' ? apiKey : undefined);
    if (key === null) {
      const message = 'This needs an API key: Authorization: Bearer …';
      return { status: 401, type: 'invalid_request_error', code: 'invalid_api_key', message };
    }
    client = `key ${key}`;
  }
  const retryAfterMs = rate?.take(client, ports.clock.monotonicMs()) ?? 0;
  if (retryAfterMs === 0) return { client };
  const message = 'More requests than this key may send. Wait, then go on.';
  return { status: 429, type: 'rate_limit_error', code: 'rate_limit_exceeded', message, retryAfterMs };
}

function hangUp(socket: Socket, code: string | undefined, problem: Problem): void {
  // Only where nothing is being answered on it: else our words would end up inside that answer.
  if (socket.writable && !isAnswering(socket) && code !== 'ECONNRESET')
    socket.end(rawRefusal(problem, 'Refused'));
  socket.destroySoon();
}

function isAnswering(socket: Socket): boolean {
  return Boolean((socket as Socket & { _httpMessage?: unknown })._httpMessage);
}

/** What Node's parser says of bytes that are no request that it accepts (`clientError`). */
function notHttp(code: string | undefined): Problem {
  const type = 'invalid_request_error';
  if (code === 'HPE_HEADER_OVERFLOW') {
    return { status: 431, type, code: 'head_too_large', message: 'The head of the request is too large.' };
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return { status: 408, type, code: 'too_slow', message: 'The request did not arrive in time.' };
  }
  return { status: 400, type, code: 'not_http', message: 'This is not a valid HTTP/1.1 request.' };
}
