import type { NotifierConfig } from '../../config/service.js';
import type { PageKind } from '../../core/decision.js';
import type { Acknowledgement, Notifier } from '../notifier.js';
import { ask, field, parsed, type WebPorts } from './http.js';
import { createJsonNotifier } from './json-notifier.js';
import { cut, cutBytes, type Message, type Urgency } from './message.js';

type Config = Extract<NotifierConfig, { type: 'ntfy' }>;

/** iOS shows a banner from 4 on (binwiederhier/ntfy#1099). */
const PRIORITY: Record<Urgency, number> = { low: 2, normal: 3, high: 4, urgent: 5 };
const TAG: Record<PageKind, string> = {
  opened: 'red_circle',
  escalated: 'rotating_light',
  reminder: 'hourglass',
  acknowledged: 'eyes',
  resolved: 'white_check_mark',
  notice: 'information_source',
};
/** A longer message becomes an attachment, which nobody opens at night. */
const MESSAGE_MAX_BYTES = 4_000;
const TITLE_MAX_CHARS = 250;

/**
 * Publishes as JSON to the server's root. `sequence_id` comes from the page's id, so that a repeat replaces the first
 * (ntfy 2.16 and newer; older ones show it twice). With `replies`, a loss has a button that posts to that topic, and
 * `answers` polls it: an acknowledgement from the phone needs no open port here.
 */
export function createNtfyNotifier(config: Config, ports: WebPorts): Notifier {
  const { name, server, token, topic, replies } = config;
  const headers: { [name: string]: string } = token === null ? {} : { authorization: `Bearer ${token}` };
  const wire = { name, secrets: [token, topic, replies] };
  const requestOf = async (message: Message) => {
    const body = ntfyBody(message, config, await sequenceId(message.page.id));
    return { url: `${server}/`, headers, body };
  };
  const notifier = createJsonNotifier(wire, requestOf, ports);
  if (replies === null) return notifier;
  return {
    ...notifier,
    async answers({ cursor, sinceWallMs }, signal) {
      const since = cursor ?? String(Math.floor(sinceWallMs / 1000));
      const url = `${server}/${replies}/json?poll=1&since=${encodeURIComponent(since)}`;
      const answered = await ask(wire, { url, headers }, signal, ports.fetch);
      if ('error' in answered || answered.status !== 200) return null;
      return repliesIn(answered.text, cursor);
    },
  };
}

export function ntfyBody(message: Message, { server, topic, replies }: Config, sequence: string) {
  const { page, title, text, link, urgency } = message;
  const asks = page.kind === 'opened' || page.kind === 'escalated' || page.kind === 'reminder';
  const acknowledge = {
    action: 'http',
    label: 'I am on it',
    url: `${server}/${replies}`,
    method: 'POST',
    body: `ack ${page.service}/${page.incidentId}`,
    clear: true,
  };
  const view = { action: 'view', label: 'What to do', url: link };
  const actions = [
    ...(asks && replies !== null && page.incidentId !== null ? [acknowledge] : []),
    ...(link === null ? [] : [view]),
  ];
  return {
    topic,
    title: cut(title, TITLE_MAX_CHARS),
    message: cutBytes(text, MESSAGE_MAX_BYTES),
    priority: PRIORITY[urgency],
    tags: [TAG[page.kind]],
    sequence_id: sequence,
    ...(link === null ? {} : { click: link }),
    ...(actions.length === 0 ? {} : { actions }),
  };
}

/** ntfy takes letters, digits, "-" and "_", 64 at most. */
export async function sequenceId(id: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(id)));
  return [...digest.slice(0, 16)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The lines of a poll, one event each: `ack`, `ack SERVICE`, `ack SERVICE/INCIDENT`, each perhaps with `by NAME`. */
export function repliesIn(
  lines: string,
  cursor: string | null,
): { acknowledgements: Acknowledgement[]; cursor: string | null } {
  const acknowledgements: Acknowledgement[] = [];
  let last = cursor;
  for (const event of lines.split('\n').map(parsed)) {
    if (field(event, 'event') !== 'message') continue;
    const [id, time, message] = ['id', 'time', 'message'].map((key) => field(event, key));
    if (typeof id === 'string') last = id;
    if (typeof message !== 'string' || typeof time !== 'number') continue;
    const match =
      /^\s*ack(?:nowledge)?d?(?:\s+(?!by\s)([^\s/]+)(?:\/(\S+))?)?(?:\s+by\s+(\S.{0,39}))?\s*$/i.exec(
        message,
      );
    if (!match) continue;
    acknowledgements.push({
      service: match[1] ?? null,
      incidentId: match[2] ?? null,
      by: match[3]?.trim() ?? 'somebody on the phone',
      wallMs: time * 1000,
    });
  }
  return { acknowledgements, cursor: last };
}
