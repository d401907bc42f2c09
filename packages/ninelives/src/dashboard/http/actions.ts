import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ActionAnswer, ActionRequest } from '../view.js';
import { type Answer, isForeign, json, refusal } from './gate.js';

const BODY_MAX = 4_096;
/** Wrong tokens, then nobody may try for a while: 256 bits can't be guessed, but a log full of attempts is a nuisance. */
const WRONG_MAX = 10;
const WRONG_WINDOW_MS = 60_000;

export interface ActionPorts {
  token: string;
  monotonicMs(): number;
  services(): string[];
  faults: string[];
  perform(action: ActionRequest): Promise<ActionAnswer>;
}

/**
 * `POST /api/actions`. The token comes in a header of its own, which no form and no page elsewhere can send; so nothing rides
 * on a cookie, and there is none. Origin and content type are checked besides.
 */
export function createActions(ports: ActionPorts): (request: IncomingMessage) => Promise<Answer> {
  let wrongAtMs: number[] = [];
  return async (request) => {
    if (isForeign(request)) return refusal(403, 'not from another site');
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      return refusal(415, 'Content-Type: application/json');
    }
    const nowMs = ports.monotonicMs();
    wrongAtMs = wrongAtMs.filter((atMs) => nowMs - atMs < WRONG_WINDOW_MS);
    if (wrongAtMs.length >= WRONG_MAX) return refusal(429, 'too many wrong tokens; wait a minute');
    if (!sameText(bearerOf(request), ports.token)) {
      wrongAtMs.push(nowMs);
      return refusal(
        401,
        'the token is in dashboard.token in the state folder; or type: ninelives dashboard',
      );
    }
    const body = await bodyOf(request);
    const action = body === null ? null : actionIn(body, ports);
    if (action === null) {
      return refusal(
        400,
        '{"service": NAME, "action": "pause" | "resume" | "acknowledge" | "drill", "fault": NAME}',
      );
    }
    const answer = await ports.perform(action);
    return json(answer, answer.done ? 200 : 409);
  };
}

function bearerOf({ headers }: IncomingMessage): string {
  return /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** In the same time whatever differs. */
function sameText(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > BODY_MAX) return null;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString();
}

function actionIn(body: string, { services, faults }: ActionPorts): ActionRequest | null {
  let value: { [key: string]: unknown } | null;
  try {
    value = JSON.parse(body) as { [key: string]: unknown } | null;
  } catch {
    return null;
  }
  const { service, action, fault } = value ?? {};
  if (typeof service !== 'string' || !services().includes(service)) return null;
  if (action === 'pause' || action === 'resume' || action === 'acknowledge') return { service, action };
  if (action === 'drill' && typeof fault === 'string' && faults.includes(fault))
    return { service, action, fault };
  return null;
}
