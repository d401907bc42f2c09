import type { NotifierConfig } from '../../config/service.js';
import type { Page } from '../../core/decision.js';
import type { Notifier } from '../notifier.js';
import { ask, judge, type WebPorts } from './http.js';
import { messageOf } from './message.js';

/** Standard Webhooks 1.0.0 asks for less than 20 kB. */
const BODY_MAX_BYTES = 20_000;

/**
 * Posts each page as JSON, `{type, timestamp, data}` of Standard Webhooks 1.0.0, signed when a secret is given.
 * `webhook-id` is the page's id on every attempt: the receiver drops what it has seen. No error repeats URL, header or
 * secret.
 * @throws Error when URL, headers or secret can't be used at all.
 */
export function createWebhookNotifier(
  config: Extract<NotifierConfig, { type: 'webhook' }>,
  ports: WebPorts,
): Notifier {
  const { name, secret } = config;
  const url = destination(config);
  const fixed = configuredHeaders(config);
  const keyBytes = secret === null ? null : secretBytes(name, secret);
  const wire = { name, secrets: [config.url, secret, ...Object.values(config.headers)] };
  return {
    name,
    async deliver(page, signal) {
      const body = bodyOf(page, ports.runbook);
      const headers = new Headers(fixed);
      headers.set('content-type', 'application/json');
      headers.set('user-agent', 'ninelives');
      const seconds = Math.floor(ports.wallMs() / 1000);
      headers.set('webhook-id', page.id);
      headers.set('webhook-timestamp', String(seconds));
      if (keyBytes) {
        headers.set('webhook-signature', await sign(keyBytes, `${page.id}.${seconds}.${body}`));
      }
      // Whoever it is: what it says may be a whole page of HTML with anything in it, and may never end.
      const request = { url, method: 'POST', headers, body, statusOnly: true };
      const answered = await ask(wire, request, signal, ports.fetch);
      return 'error' in answered ? { outcome: 'retry', ...answered } : judge(wire, answered, ports.wallMs());
    },
  };
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
export function bodyOf(page: Page, runbook: string | null): string {
  const type = page.kind === 'notice' ? 'notice' : `incident.${page.kind}`;
  const { key, link } = messageOf(page, runbook);
  const write = (body: string) =>
    JSON.stringify({
      type,
      timestamp: new Date(page.wallMs).toISOString(),
      data: { ...page, body, key, ...(link === null ? {} : { link }) },
    });
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  let body = page.body;
  while (body.length > 0 && bytes(write(body)) >= BODY_MAX_BYTES) {
    body = `${body.slice(0, Math.floor(body.length * 0.75) - 8)}\n… (cut)`;
  }
  return write(body);
}
