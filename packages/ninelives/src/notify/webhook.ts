import type { NotifierConfig } from '../config/service.js';
import type { Page } from '../core/decision.js';
import type { Delivery, Notifier } from './notifier.js';

/** Standard Webhooks 1.0.0 asks for less than 20 kB. */
const BODY_MAX_BYTES = 20_000;

/**
 * Posts each page as JSON, `{type, timestamp, data}` of Standard Webhooks 1.0.0, signed when a secret is given.
 * `webhook-id` is the page's id on every attempt: the receiver drops what it has seen. Redirects are not followed:
 * they would carry page and signature to a place nobody configured. No error repeats URL, header or secret.
 * @throws Error when URL, headers or secret can't be used at all.
 */
export function createWebhookNotifier(
  config: Extract<NotifierConfig, { type: 'webhook' }>,
  { wallMs }: { wallMs: () => number },
): Notifier {
  const { name } = config;
  const url = destination(config);
  const fixed = configuredHeaders(config);
  const keyBytes = config.secret === null ? null : secretBytes(name, config.secret);
  return {
    name,
    async deliver(page, signal) {
      const body = bodyOf(page);
      const headers = new Headers(fixed);
      headers.set('content-type', 'application/json');
      headers.set('user-agent', 'ninelives');
      const seconds = Math.floor(wallMs() / 1000);
      headers.set('webhook-id', page.id);
      headers.set('webhook-timestamp', String(seconds));
      if (keyBytes) {
        headers.set('webhook-signature', await sign(keyBytes, `${page.id}.${seconds}.${body}`));
      }
      try {
        const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
        await response.body?.cancel();
        return judge(name, response, wallMs());
      } catch (error) {
        const why = signal.aborted ? 'no answer within the limit' : `network (${codeOf(error)})`;
        return { outcome: 'retry', error: `${name}: ${why}` };
      }
    },
  };
}

/** 2xx is acceptance. 408, 425, 429 and 5xx pass with time; any other answer stays what it is. */
export function judge(
  name: string,
  response: { status: number; headers: Headers },
  wallMs: number,
): Delivery {
  const { status } = response;
  if (status >= 200 && status < 300) return { outcome: 'accepted' };
  const error = `${name}: HTTP ${status}`;
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const afterMs = retryAfterMs(response.headers.get('retry-after'), wallMs);
    return afterMs === null ? { outcome: 'retry', error } : { outcome: 'retry', error, afterMs };
  }
  const redirected = status >= 300 && status < 400;
  return { outcome: 'refused', error: redirected ? `${error}: redirects are not followed` : error };
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3); null when there is none that can be read. */
function retryAfterMs(value: string | null, wallMs: number): number | null {
  if (value === null) return null;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - wallMs);
}

/** HMAC-SHA256 over `id.timestamp.body`, as Standard Webhooks signs. */
async function sign(keyBytes: Uint8Array<ArrayBuffer>, text: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', keyBytes, algorithm, false, ['sign']);
  const signature = new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text)));
  return `v1,${btoa(String.fromCharCode(...signature))}`;
}

/** `whsec_` and base64, as Standard Webhooks writes secrets; without the prefix the text itself is the key. */
function secretBytes(name: string, secret: string): Uint8Array<ArrayBuffer> {
  if (!secret.startsWith('whsec_')) return new TextEncoder().encode(secret);
  try {
    return Uint8Array.from(atob(secret.slice('whsec_'.length)), (char) => char.charCodeAt(0));
  } catch {
    throw new Error(`notifier ${name}: what follows whsec_ in its secret is not base64`);
  }
}

function destination({ name, url }: { name: string; url: string }): URL {
  if (!URL.canParse(url)) throw new Error(`notifier ${name}: its url is not a URL`);
  const parsed = new URL(url);
  if (parsed.username !== '' || parsed.password !== '') {
    throw new Error(`notifier ${name}: put the credentials of its url into headers: Authorization`);
  }
  return parsed;
}

function configuredHeaders({
  name,
  headers,
}: {
  name: string;
  headers: { [name: string]: string };
}): Headers {
  try {
    return new Headers(headers);
  } catch {
    throw new Error(`notifier ${name}: one of its headers has a name or value that HTTP does not allow`);
  }
}

/** The page as it goes over the wire; a body too long for the standard loses its end, and says so. */
export function bodyOf(page: Page): string {
  const type = page.kind === 'notice' ? 'notice' : `incident.${page.kind}`;
  const write = (body: string) =>
    JSON.stringify({ type, timestamp: new Date(page.wallMs).toISOString(), data: { ...page, body } });
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  let body = page.body;
  while (body.length > 0 && bytes(write(body)) >= BODY_MAX_BYTES) {
    body = `${body.slice(0, Math.floor(body.length * 0.75) - 8)}\n… (cut)`;
  }
  return write(body);
}

/** The code of the innermost cause, as undici and the system call it. */
function codeOf(error: unknown): string {
  let code = error instanceof Error ? error.name : 'unknown';
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') code = cause.code;
  }
  return code;
}
