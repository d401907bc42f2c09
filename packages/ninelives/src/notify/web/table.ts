import type { NotifierConfig } from '../../config/service.js';
import type { Notifier } from '../notifier.js';
import { createDiscordNotifier } from './discord.js';
import type { WebPorts } from './http.js';
import { createNtfyNotifier } from './ntfy.js';
import { createPagerDutyNotifier } from './pagerduty.js';
import { createPushoverNotifier } from './pushover.js';
import { createSlackNotifier } from './slack.js';
import { createTelegramNotifier } from './telegram.js';
import { createWebhookNotifier } from './webhook.js';

/** Those that need nothing but fetch and WebCrypto: all that a layer in a Worker can tell with. */
export type WebNotifierConfig = Exclude<NotifierConfig, { type: 'command' | 'email' }>;

export const WEB_MAKERS = {
  webhook: createWebhookNotifier,
  ntfy: createNtfyNotifier,
  pushover: createPushoverNotifier,
  telegram: createTelegramNotifier,
  slack: createSlackNotifier,
  discord: createDiscordNotifier,
  pagerduty: createPagerDutyNotifier,
} satisfies {
  [T in WebNotifierConfig['type']]: (
    config: Extract<WebNotifierConfig, { type: T }>,
    ports: WebPorts,
  ) => Notifier;
};

/** @throws Error when its settings can't be used; the message holds no secret. */
export function createWebNotifier(config: WebNotifierConfig, ports: WebPorts): Notifier {
  const make = WEB_MAKERS[config.type] as (config: WebNotifierConfig, ports: WebPorts) => Notifier;
  return make(config, ports);
}
