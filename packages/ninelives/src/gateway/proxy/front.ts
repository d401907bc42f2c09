import type { Keys } from '../access/keys.js';
import type { createRate } from '../access/rate.js';
import type { GatewayPorts } from '../ports.js';
import type { Call } from '../wire/call.js';
import type { Visit } from '../wire/client.js';
import type { HttpDate } from '../wire/date.js';
import { createListener, type Listener, type ListenerLimits } from '../wire/listener.js';
import { clientOf, headForUpstream, requestIdOf } from './headers.js';
import { Intake, type IntakeRoom, objectionTo, problemOf } from './intake.js';
import { jobOf } from './job.js';
import type { Relay } from './relay.js';
import { asksForStream, routeOf } from './routes.js';
import { type Problem, rawRefusal, refuseWith } from './speak.js';

/** Bounds of the public port. */
export interface FrontLimits extends ListenerLimits {
  bodyMax: number;
  /** Bodies that are still being read, together. */
  intakeMax: number;
  /** A client that takes nothing of its answer for so long is cut off. */
  takeMs: number;
  /** Answers that are kept until they are whole, and those not taken yet: bytes of each, together. */
  answersMax: number;
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
  aheadMax: 64 * 1024,
};

export interface FrontOptions {
  limits: FrontLimits;
  relay: Relay;
  /** `host:port` of the backend. */
  address: string;
  replayChat: boolean;
  keys: Keys | null;
  rate: ReturnType<typeof createRate> | null;
  date: HttpDate;
  ports: Pick<GatewayPorts, 'clock' | 'newId'>;
}

/** Refused before the hold ever saw them, or cut off because they took no answer, by code. */
export type TurnedAway = Map<string, number>;

/** The public port: nothing but requests for the backend. */
export function createFront(options: FrontOptions): { listener: Listener; turnedAway: TurnedAway } {
  const { limits, ports } = options;
  const turnedAway: TurnedAway = new Map();
  const room: IntakeRoom = { bytes: 0, max: limits.intakeMax };
  let lastId = 0;

  const count = (code: string) => turnedAway.set(code, (turnedAway.get(code) ?? 0) + 1);

  function turnAway(call: Call, problem: Problem, requestId: string): null {
    count(problem.code);
    // A client that still waits for our "100 Continue" may never send what would have to be read and dropped.
    const close = problem.close || call.head.expectsContinue;
    refuseWith(call, close ? { ...problem, close } : problem, requestId, options.date);
    return null;
  }

  function begin(call: Call): Visit | null {
    const requestId = requestIdOf(call.head, ports.newId);
    const objection = objectionTo(call.head, limits.bodyMax);
    if (objection) return turnAway(call, objection, requestId);
    const visitor = admit(options, call);
    if ('status' in visitor) return turnAway(call, visitor, requestId);
    call.goOn();
    return new Intake(limits.bodyMax, room, {
      tooMuch: (problem) => turnAway(call, problem, requestId),
      whole: (parts, bytes) => enter(call, requestId, visitor.client, parts, bytes),
    });
  }

  function enter(
    call: Call,
    requestId: string,
    client: string,
    body: readonly Buffer[],
    bytes: number,
  ): void {
    const route = routeOf(call.head.method, call.head.target, options);
    if (asksForStream(route, body)) route.replay = 'unsent';
    const ownsAuthorization = options.keys !== null;
    const forwarding = { upstream: options.address, requestId, bodyBytes: bytes, ownsAuthorization };
    const head = headForUpstream(call, forwarding);
    lastId += 1;
    options.relay.accept(jobOf({ id: lastId, requestId, client, route, call, head, body, bytes }));
  }

  const listener = createListener(
    limits,
    {
      begin,
      refusal(why) {
        const problem = problemOf(why);
        count(problem.code);
        return rawRefusal(problem, options.date);
      },
      notTaken: () => count('answer_not_taken'),
    },
    { clock: ports.clock, dropped: () => count('too_many_connections') },
  );
  return { listener, turnedAway };
}

/** Whose request it is, or why not. */
function admit({ keys, rate, ports }: FrontOptions, call: Call): { client: string } | Problem {
  let client = clientOf(call);
  if (keys) {
    const key = keys.whose(call.head.authorization, call.head.apiKey);
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
