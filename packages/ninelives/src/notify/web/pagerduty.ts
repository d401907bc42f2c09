import type { NotifierConfig } from '../../config/service.js';
import type { PageKind } from '../../core/decision.js';
import type { Notifier } from '../notifier.js';
import type { WebPorts } from './http.js';
import { createJsonNotifier } from './json-notifier.js';
import { cut, type Message, type Urgency } from './message.js';

type Config = Extract<NotifierConfig, { type: 'pagerduty' }>;

const ACTION: Record<PageKind, 'trigger' | 'acknowledge' | 'resolve'> = {
  opened: 'trigger',
  escalated: 'trigger',
  reminder: 'trigger',
  notice: 'trigger',
  acknowledged: 'acknowledge',
  resolved: 'resolve',
};
const SEVERITY: Record<Urgency, string> = {
  low: 'info',
  normal: 'warning',
  high: 'error',
  urgent: 'critical',
};
const KEY_MAX_CHARS = 255;
/** Its rate limits are by the minute, and it says no more than 429. */
const BUSY_MS = 60_000;

/** Events API v2. One dedup key from the first page of a loss to its end, and for every layer that sees the same loss. */
export function createPagerDutyNotifier(config: Config, ports: WebPorts): Notifier {
  const { name, api, routingKey } = config;
  const wire = { name, secrets: [routingKey] };
  const requestOf = (message: Message) => ({
    url: `${api}/v2/enqueue`,
    body: pagerDutyBody(message, routingKey),
  });
  const events = createJsonNotifier(wire, requestOf, ports);
  return {
    name,
    async deliver(page, signal) {
      const delivery = await events.deliver(page, signal);
      const busy = delivery.outcome === 'retry' && delivery.error.endsWith('HTTP 429');
      return busy ? { ...delivery, afterMs: Math.max(BUSY_MS, delivery.afterMs ?? 0) } : delivery;
    },
  };
}

export function pagerDutyBody({ page, key, title, text, urgency, link }: Message, routingKey: string) {
  const event_action = ACTION[page.kind];
  const event = { routing_key: routingKey, event_action, dedup_key: key.slice(0, KEY_MAX_CHARS) };
  if (event_action !== 'trigger') return event;
  return {
    ...event,
    client: 'ninelives',
    ...(link === null ? {} : { client_url: link, links: [{ href: link, text: 'What to do' }] }),
    payload: {
      summary: cut(title, 1_024),
      source: page.service,
      severity: SEVERITY[urgency],
      timestamp: new Date(page.wallMs).toISOString(),
      component: page.service,
      group: 'ninelives',
      class: page.section ?? page.kind,
      custom_details: { text, page: page.id },
    },
  };
}
