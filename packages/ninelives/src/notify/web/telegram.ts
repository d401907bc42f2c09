import type { NotifierConfig } from '../../config/service.js';
import type { Notifier } from '../notifier.js';
import { field, postJson, type WebPorts } from './http.js';
import { cut, type Message, messageOf } from './message.js';

type Config = Extract<NotifierConfig, { type: 'telegram' }>;

/** Through a bot. Plain text: a character that MarkdownV2 wants escaped must never cost a page. */
export function createTelegramNotifier(config: Config, ports: WebPorts): Notifier {
  const { name, api, token } = config;
  const wire = { name, secrets: [token] };
  return {
    name,
    async deliver(page, signal) {
      const body = telegramBody(messageOf(page, ports.runbook), config);
      const url = `${api}/bot${token}/sendMessage`;
      const after = (answer: unknown) => {
        const seconds = field(answer, 'parameters', 'retry_after');
        return typeof seconds === 'number' ? seconds * 1000 : null;
      };
      const { answer: _, ...delivery } = await postJson(wire, { url, body }, signal, ports, after);
      return delivery;
    },
  };
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
