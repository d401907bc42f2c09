import type { NotifierConfig } from '../../config/service.js';
import type { Acknowledgement, Delivery, Notifier, Receipt } from '../notifier.js';
import { ask, field, parsed, postJson, type WebPorts } from './http.js';
import { cut, type Message, messageOf, type Urgency } from './message.js';

type Config = Extract<NotifierConfig, { type: 'pushover' }>;

const PRIORITY: Record<Urgency, number> = { low: -1, normal: 0, high: 1, urgent: 2 };
/** Of an emergency: again every minute for an hour, until somebody acknowledges (30 s and 3 h are its limits). */
const RETRY_S = 60;
const EXPIRE_S = 3_600;
/** So many receipts are asked after in one go: it wants no more than one request in 5 s. */
const RECEIPTS_A_ROUND = 1;

/**
 * An escalated page is an emergency (priority 2), which rings until somebody acknowledges; `answers` asks the receipt who
 * did. The end of its loss, and an acknowledgement made elsewhere, call it off by its tag.
 */
export function createPushoverNotifier(config: Config, ports: WebPorts): Notifier {
  const { name, api, token, user } = config;
  const wire = { name, secrets: [token, user] };
  return {
    name,
    async deliver(page, signal) {
      const message = messageOf(page, ports.runbook);
      if (page.kind === 'resolved' || page.kind === 'acknowledged') {
        const url = `${api}/1/receipts/cancel_by_tag/${encodeURIComponent(tagOf(message.key))}.json`;
        const called = await postJson(wire, { url, body: { token } }, signal, ports);
        // Refused: there is nothing to call off, or this message will be refused too and say why.
        if (called.outcome === 'retry') return withoutAnswer(called);
      }
      const url = `${api}/1/messages.json`;
      const delivery = await postJson(wire, { url, body: pushoverBody(message, config) }, signal, ports);
      const receipt = field(delivery.answer, 'receipt');
      if (delivery.outcome !== 'accepted' || typeof receipt !== 'string') return withoutAnswer(delivery);
      return { outcome: 'accepted', receipt };
    },
    async answers({ receipts }, signal) {
      const acknowledgements: Acknowledgement[] = [];
      for (const receipt of receipts.slice(-RECEIPTS_A_ROUND)) {
        const url = `${api}/1/receipts/${encodeURIComponent(receipt.receipt)}.json?token=${encodeURIComponent(token)}`;
        const answered = await ask(wire, { url }, signal, ports.fetch);
        if ('error' in answered || answered.status !== 200) return null;
        const told = acknowledgementIn(parsed(answered.text), receipt);
        if (told) acknowledgements.push(told);
      }
      return { acknowledgements, cursor: null };
    },
  };
}

export function pushoverBody(message: Message, { token, user, device, emergency }: Config) {
  const { title, text, link, key, urgency, page } = message;
  const priority = Math.min(PRIORITY[urgency], emergency ? 2 : 1);
  return {
    token,
    user,
    title: cut(title, 250),
    message: cut(text, 1_024),
    priority,
    timestamp: Math.floor(page.wallMs / 1000),
    ...(device === null ? {} : { device }),
    ...(link === null ? {} : { url: cut(link, 512), url_title: 'What to do' }),
    ...(priority === 2 ? { retry: RETRY_S, expire: EXPIRE_S, tags: tagOf(key) } : {}),
  };
}

/** A comma would make two tags of it, and a slash another path. */
function tagOf(key: string): string {
  return key.replace(/[^A-Za-z0-9_.-]/g, '-');
}

function acknowledgementIn(answer: unknown, { service, incidentId }: Receipt): Acknowledgement | null {
  if (field(answer, 'acknowledged') !== 1) return null;
  const [at, device] = [field(answer, 'acknowledged_at'), field(answer, 'acknowledged_by_device')];
  const by = typeof device === 'string' && device !== '' ? device : 'somebody on the phone';
  return { service, incidentId, by, wallMs: typeof at === 'number' ? at * 1000 : 0 };
}

function withoutAnswer({ answer: _, ...delivery }: Delivery & { answer?: unknown }): Delivery {
  return delivery;
}
