import type { NotifierConfig } from '../../config/service.js';
import type { Notifier } from '../notifier.js';
import type { WebPorts } from './http.js';
import { createJsonNotifier } from './json-notifier.js';
import { cut, type Message } from './message.js';

/** An incoming webhook: its URL is its secret. */
export function createSlackNotifier(
  { name, url }: Extract<NotifierConfig, { type: 'slack' }>,
  ports: WebPorts,
): Notifier {
  const wire = { name, secrets: [url] };
  return createJsonNotifier(wire, (message) => ({ url, body: slackBody(message) }), ports);
}

/** `text` is what a phone shows; the blocks are what the channel shows. */
export function slackBody({ title, text, link }: Message) {
  const more = link === null ? '' : `\n<${link}|What to do>`;
  return {
    text: escaped(cut(title, 1_000)),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(title, 150), emoji: false } },
      { type: 'section', text: { type: 'mrkdwn', text: `${cut(escaped(text), 2_400)}${more}` } },
    ],
  };
}

/** The three characters that Slack's mrkdwn reserves: no `<!channel>` out of what a server answered. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
