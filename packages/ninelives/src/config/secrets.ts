import type { NotifierConfig } from './service.js';

/** What nobody may read of a notifier, but for headers, which may hold a secret or not. */
export function secretsOf(notifier: NotifierConfig): string[] {
  const given = (...secrets: (string | null)[]) => secrets.filter((secret) => secret !== null);
  switch (notifier.type) {
    case 'command':
      return [];
    case 'webhook':
      return given(notifier.secret);
    case 'ntfy':
      return given(notifier.token, notifier.topic, notifier.replies);
    case 'pushover':
      return given(notifier.token, notifier.user);
    case 'telegram':
      return given(notifier.token);
    case 'slack':
    case 'discord':
      return given(notifier.url);
    case 'pagerduty':
      return given(notifier.routingKey);
    case 'email':
      return given(notifier.password);
  }
}
