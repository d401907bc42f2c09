import type { NotifierConfig } from '../../config/service.js';
import type { PageKind } from '../../core/decision.js';
import type { Notifier } from '../notifier.js';
import type { WebPorts } from './http.js';
import { createJsonNotifier } from './json-notifier.js';
import { cut, type Message } from './message.js';

const COLOR: Record<PageKind, number> = {
  opened: 0xd73a49,
  escalated: 0xb60205,
  reminder: 0xe36209,
  acknowledged: 0x0366d6,
  resolved: 0x28a745,
  notice: 0x6a737d,
};

/** A channel's webhook: its URL is its secret. */
export function createDiscordNotifier(
  { name, url }: Extract<NotifierConfig, { type: 'discord' }>,
  ports: WebPorts,
): Notifier {
  const wire = { name, secrets: [url] };
  return createJsonNotifier(wire, (message) => ({ url, body: discordBody(message) }), ports, ['retry_after']);
}

/** `content` is what a phone shows. Nobody is mentioned, whatever a server's answer in the text may say. */
export function discordBody({ page, title, text, link }: Message) {
  return {
    content: cut(title, 2_000),
    embeds: [
      {
        title: cut(title, 256),
        description: cut(text, 4_000),
        color: COLOR[page.kind],
        timestamp: new Date(page.wallMs).toISOString(),
        ...(link === null ? {} : { url: link }),
      },
    ],
    allowed_mentions: { parse: [] },
  };
}
