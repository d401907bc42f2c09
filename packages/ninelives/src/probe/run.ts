import type { ProbeReason } from '../core/types.js';
import { askCheap, CHEAP_LIMIT_MS } from './cheap.js';
import { type Answer, errorWords, type Judgement, type Kind, type KindRequest, wrong } from './kinds/kind.js';
import { KINDS, kindNamed } from './kinds/kinds.js';
import type { ProbeEnvironment, ProbeSpec, RunProbe } from './probe.js';
import { readBounded } from './wire/body.js';
import { type Deadline, startDeadline } from './wire/deadline.js';
import { judgeNetworkError } from './wire/network.js';
import { judgeStatus } from './wire/status.js';

/** A probe's answer is a few vectors or words; a server that sends more than this is not right. */
export const MAX_BODY_BYTES = 8 * 1024 * 1024;
/** Enough of an error body to quote from. */
const MAX_ERROR_BYTES = 64 * 1024;

/** How the real work went; `status` stays null until headers have come. */
interface Worked extends Judgement {
  status: number | null;
}

/**
 * One attempt at real work, judged. Never throws, never outlives `environment.deadlineMs` (connect, answer
 * and body together), reads a bounded body.
 *
 * The cheap endpoints are asked only when the work is failing: when it has waited until just their own limit
 * is left before the deadline, or as soon as it has failed. So they are evidence about that very moment,
 * they end within the same attempt, and a passing probe neither waits for them nor, as a rule, sends them.
 */
export const runProbe: RunProbe = async (spec, environment) => {
  const { nowMs, deadlineMs } = environment;
  const startedMs = nowMs();
  const cheapLimitMs = Math.min(CHEAP_LIMIT_MS, deadlineMs / 2);
  const deadline = startDeadline(environment.signal, deadlineMs);
  const patience = startDeadline(deadline.signal, deadlineMs - cheapLimitMs);
  try {
    const ask = () => askCheap(spec, environment, deadline.signal, cheapLimitMs);
    const working = realWork(spec, environment, deadline);
    const early = await patience.within(working).catch(() => null);
    const asked = early === null && deadline.cause() === null ? ask() : null;
    const { reason, detail, status } = early ?? (await working);
    const tookMs = nowMs() - startedMs;
    const silent = reason === 'ok' || deadline.cause() === 'cancelled';
    return { reason, detail, tookMs, status, cheap: silent ? [] : await (asked ?? ask()) };
  } finally {
    patience.end();
    deadline.end();
  }
};

/** Sends, waits, reads, judges. Settles by the deadline and never rejects. */
async function realWork(spec: ProbeSpec, environment: ProbeEnvironment, deadline: Deadline): Promise<Worked> {
  let status: number | null = null;
  try {
    const kind = kindNamed(spec.kind);
    if (kind === null) {
      const known = Object.keys(KINDS).join(', ');
      return ours(
        'misconfigured',
        `there is no probe kind "${spec.kind}": set \`probe.kind\` to one of ${known}`,
      );
    }
    const built = build(kind, spec, environment.attempt);
    if ('problem' in built) return ours('misconfigured', built.problem);
    const { request, url, init } = built;
    const response = await deadline.within(environment.fetch(url, { ...init, signal: deadline.signal }));
    status = response.status === 0 ? null : response.status;
    const judgement = await judgeResponse(response, kind, request, spec, environment, deadline);
    return { ...judgement, status };
  } catch (error) {
    return { ...explain(error, status, environment.deadlineMs, deadline), status };
  }
}

function ours(reason: ProbeReason, detail: string): Worked {
  return { reason, detail, status: null };
}

function build(
  kind: Kind,
  spec: ProbeSpec,
  attempt: number,
): { request: KindRequest; url: URL; init: RequestInit } | { problem: string } {
  try {
    const request = kind.request(spec, attempt);
    const headers = new Headers({
      ...request.headers,
      'accept-encoding': 'identity',
      // A connection of its own: a kept one may have died with the last incarnation and would fail this
      // one's first probe, and only a new one shows that the server still accepts.
      connection: 'close',
      'user-agent': 'ninelives-probe',
    });
    for (const [name, value] of Object.entries(spec.headers)) headers.set(name, value);
    const init = { method: request.method, headers, body: request.body, redirect: 'manual' } as const;
    return { request, url: probeUrl(spec.url, request.path ?? kind.path), init };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `the request can't be built: ${why}` };
  }
}

/**
 * The URL as given when it has a path; else with the kind's. `…/v1`, as OpenAI clients take it, counts as a
 * base and not as a path.
 */
export function probeUrl(base: string, path: string): URL {
  const url = new URL(base);
  const given = url.pathname.replace(/\/+$/, '');
  if (given === '') return new URL(path, url);
  if (given.endsWith('/v1') && path.startsWith('/v1/')) url.pathname = given + path.slice('/v1'.length);
  return url;
}

async function judgeResponse(
  response: Response,
  kind: Kind,
  request: KindRequest,
  spec: ProbeSpec,
  environment: ProbeEnvironment,
  deadline: Deadline,
): Promise<Judgement> {
  const { status } = response;
  const expected = request.statuses ?? [];
  if (!expected.includes(status)) {
    const verdict = judgeStatus(status);
    if (verdict !== null) {
      const location = response.headers.get('location');
      // The status alone decides: a body that breaks off takes nothing away from it.
      const words = location ?? errorWords(await readSome(response, deadline));
      const parts = [`HTTP ${status}${words === '' ? '' : `: ${words}`}`, verdict.fix ?? ''];
      return { reason: verdict.reason, detail: parts.filter((part) => part !== '').join('; ') };
    }
    if (expected.length > 0) return wrong(`HTTP ${status}, expected ${expected.join(' or ')}`);
  }
  const body = await readBounded(response, MAX_BODY_BYTES, deadline);
  if (body.over) return wrong(`the answer is longer than ${MAX_BODY_BYTES / 1024 / 1024} MiB`);
  const contentType =
    (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const answer: Answer = { status, contentType, text: body.text };
  return kind.judge(answer, spec, environment);
}

async function readSome(response: Response, deadline: Deadline): Promise<string> {
  try {
    return (await readBounded(response, MAX_ERROR_BYTES, deadline)).text;
  } catch {
    return '';
  }
}

function explain(error: unknown, status: number | null, deadlineMs: number, deadline: Deadline): Judgement {
  const limit = `${(deadlineMs / 1000).toFixed(1)} s`;
  switch (deadline.cause()) {
    case 'cancelled':
      return { reason: 'blind', detail: 'the probe was stopped before it had an answer' };
    case 'deadline': {
      const detail =
        status === null
          ? `no answer within ${limit}`
          : `the answer began (HTTP ${status}) but was not whole within ${limit}`;
      return { reason: 'timeout', detail };
    }
    case null:
      return judgeNetworkError(error);
  }
}
