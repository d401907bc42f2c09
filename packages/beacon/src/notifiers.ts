import type { NotifierConfig } from 'ninelives/dist/src/config/service.js';
import type { Notifier } from 'ninelives/dist/src/notify/notifier.js';
import { WEB_MAKERS } from 'ninelives/dist/src/notify/web/table.js';

/** @throws Error when its settings can't be used; the message holds no secret. */
export function createFarNotifier(config: NotifierConfig, wallMs: () => number): Notifier {
  if (!(config.type in WEB_MAKERS)) throw new Error(`a notifier of kind ${config.type} can't run here`);
  const make = WEB_MAKERS[config.type as keyof typeof WEB_MAKERS] as (
    config: NotifierConfig,
    ports: { wallMs: () => number; runbook: null },
  ) => Notifier;
  return make(config, { wallMs, runbook: null });
}
