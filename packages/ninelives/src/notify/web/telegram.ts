import type { NotifierConfig } from '../../config/service.js';
import type { Notifier } from '../notifier.js';
import type { WebPorts } from './http.js';
import { createJsonNotifier } from './json-notifier.js';
import { cut, type Message } from './message.js';

type Config = Extract<NotifierConfig, { type: 'telegram' }>;

/** Through a bot. Plain text: a character that MarkdownV2 wants escaped must never cost a page. */
export function createTelegramNotifier(config: Config, ports: WebPorts): Notifier {
  const { name, api, token } = config;
  const wire = { name, secrets: [token] };
  const url = `${api}/bot${token}/sendMessage`;
  const requestOf = (message: Message) => ({ url, body: telegramBody(message, config) });
  return createJsonNotifier(wire, requestOf, ports, ['parameters', 'retry_after']);
}

export function telegramBody({ title, text, urgency }: Message, { chat, thread }: Config) {
  return {
    chat_id: chat,
    text: cut(`${title}\n\n${text}`, 4_096),
    disable_notification: urgency === 'low',
    link_preview_options: { is_disabled: true },
    ...(thread === null ? {} : { message_thread_id: thread }),
  };
}
