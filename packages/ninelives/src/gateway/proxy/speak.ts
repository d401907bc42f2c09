import { STATUS_CODES } from 'node:http';
import type { Call } from '../wire/call.js';
import type { HttpDate } from '../wire/date.js';

/** Who spoke: a client must be able to tell our errors from the model's. */
const SOURCE = 'ninelives-gateway';

export interface Problem {
  status: number;
  /** `error.type` and `error.code` of OpenAI's error object. */
  type: string;
  code: string;
  message: string;
  retryAfterMs?: number;
  /** What came is not understood, or not read: nothing more can be read from this connection. */
  close?: boolean;
}

/** An honest refusal, as the OpenAI SDKs read it. */
export function refuseWith(call: Call, problem: Problem, requestId: string, date: HttpDate): void {
  const body = bodyOf(problem);
  const fields = `${fieldsOf(problem, body, date)}X-Request-Id: ${requestId}\r\n`;
  call.answer(problem.status, reasonOf(problem), fields, body, problem.close);
}

/** The same where there is no request to answer: what came was not even that. */
export function rawRefusal(problem: Problem, date: HttpDate): string {
  const body = bodyOf(problem);
  const line = `HTTP/1.1 ${problem.status} ${reasonOf(problem)}\r\n`;
  return `${line}${fieldsOf(problem, body, date)}Connection: close\r\n\r\n${body}`;
}

/** One character a byte, as it goes out. */
function bodyOf({ message, type, code }: Problem): string {
  const text = JSON.stringify({ error: { message, type, param: null, code, src: SOURCE } });
  return Buffer.from(`${text}\n`).toString('latin1');
}

function fieldsOf({ retryAfterMs }: Problem, body: string, date: HttpDate): string {
  const again =
    retryAfterMs === undefined ? '' : `Retry-After: ${Math.max(1, Math.ceil(retryAfterMs / 1_000))}\r\n`;
  return `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n${date.line()}${again}`;
}

function reasonOf({ status }: Problem): string {
  return STATUS_CODES[status] ?? 'Refused';
}
