import type { ServerResponse } from 'node:http';

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

export function problemBody({ message, type, code }: Problem): string {
  return `${JSON.stringify({ error: { message, type, param: null, code, src: SOURCE } })}\n`;
}

/** An honest refusal, as the OpenAI SDKs read it. */
export function refuseWith(response: ServerResponse, problem: Problem, requestId: string): void {
  const body = problemBody(problem);
  const headers = ['Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body))];
  headers.push('X-Request-Id', requestId);
  if (problem.retryAfterMs !== undefined) {
    headers.push('Retry-After', String(Math.max(1, Math.ceil(problem.retryAfterMs / 1_000))));
  }
  if (problem.close) headers.push('Connection', 'close');
  response.writeHead(problem.status, headers);
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** The same where there is no response object: what came was not even a request. */
export function rawRefusal(problem: Problem, reason: string): string {
  const body = problemBody(problem);
  const head = `HTTP/1.1 ${problem.status} ${reason}\r\nContent-Type: application/json\r\n`;
  return `${head}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`;
}
