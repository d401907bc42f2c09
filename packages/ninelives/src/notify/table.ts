import type { NotifierConfig } from '../config/service.js';
import { createCommandNotifier } from './command.js';
import { createEmailNotifier } from './email.js';
import type { Notifier } from './notifier.js';
import type { WebPorts } from './web/http.js';
import { WEB_MAKERS } from './web/table.js';

/** What notifiers need of the world. */
export interface NotifierPorts extends WebPorts {
  /** The environment that commands inherit. */
  env: { [name: string]: string | undefined };
}

/** One entry a kind of notifier: the whole list of places to touch for a new one, after its configuration. */
const MAKERS = {
  ...WEB_MAKERS,
  command: createCommandNotifier,
  email: createEmailNotifier,
} satisfies {
  [T in NotifierConfig['type']]: (
    config: Extract<NotifierConfig, { type: T }>,
    ports: NotifierPorts,
  ) => Notifier;
};

/** @throws Error when its settings can't be used; the message holds no secret. */
export function createNotifier(config: NotifierConfig, ports: NotifierPorts): Notifier {
  const make = MAKERS[config.type] as (config: NotifierConfig, ports: NotifierPorts) => Notifier;
  return make(config, ports);
}
