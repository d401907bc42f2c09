import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { HoldState } from '../hold/state.js';
import type { HoldLimits } from '../limits.js';
import type { Killer } from '../types.js';
import { evidenceOf } from './evidence.js';
import { type Limits, metricsText } from './metrics.js';

export interface PrivateOptions {
  state: HoldState;
  /** All of them, by name: the hold's and the public port's. */
  limits: Limits & HoldLimits;
  turnedAway: ReadonlyMap<string, number>;
  nowMs(): number;
  /** When a byte of a streamed answer last passed. */
  streamedAtMs(): number;
  told(by: Killer, death: 'next' | 'last'): void;
}

const KILLERS: readonly Killer[] = ['drill', 'operator', 'kernel', 'guard', 'hang'];

/**
 * What is not for the public port: `GET /metrics`, `GET /evidence`, and `POST /told?by=drill&death=next`, by which
 * whoever ends the backend says so, that no request be held to have done it.
 */
export function createPrivate(options: PrivateOptions): Server {
  return createServer({ requestTimeout: 5_000 }, (request, response) => {
    request.resume();
    const url = new URL(request.url ?? '/', 'http://gateway');
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /metrics':
        return sayMetrics(response, options.state, options.limits, options.turnedAway);
      case 'GET /evidence':
        return json(response, 200, evidence(options));
      case 'POST /told':
        return told(options, request, response, url);
      default:
        return json(response, 404, { error: 'GET /metrics, GET /evidence, POST /told?by=…&death=next|last' });
    }
  });
}

function evidence({ state, limits, streamedAtMs, nowMs }: PrivateOptions): object {
  return evidenceOf(state, streamedAtMs(), nowMs(), limits);
}

/** For a scraper, on an address of its own: `GET /metrics`, and no word that changes anything. */
export function createMetrics({
  state,
  limits,
  turnedAway,
}: Pick<PrivateOptions, 'state' | 'limits' | 'turnedAway'>): Server {
  return createServer({ requestTimeout: 5_000 }, (request, response) => {
    request.resume();
    if (request.method === 'GET' && request.url === '/metrics')
      sayMetrics(response, state, limits, turnedAway);
    else json(response, 404, { error: 'GET /metrics' });
  });
}

function sayMetrics(
  response: ServerResponse,
  state: HoldState,
  limits: Limits,
  turnedAway: PrivateOptions['turnedAway'],
): void {
  say(response, 200, metricsText(state, limits, turnedAway), 'text/plain; version=0.0.4');
}

function told({ told: tell }: PrivateOptions, _: IncomingMessage, response: ServerResponse, url: URL): void {
  const by = KILLERS.find((one) => one === url.searchParams.get('by'));
  const death = url.searchParams.get('death');
  if (!by || (death !== 'next' && death !== 'last')) {
    return json(response, 400, { error: `by is one of ${KILLERS.join(', ')}; death is next or last` });
  }
  tell(by, death);
  json(response, 200, { by, death });
}

function json(response: ServerResponse, status: number, value: object): void {
  say(response, status, `${JSON.stringify(value)}\n`, 'application/json');
}

function say(response: ServerResponse, status: number, text: string, type: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
