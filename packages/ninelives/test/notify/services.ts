import type { NotifierConfig } from '../../src/config/service.js';
import type { Notifier } from '../../src/notify/notifier.js';
import { createNotifier } from '../../src/notify/table.js';
import { sequenceId } from '../../src/notify/web/ntfy.js';
import { PAGE, SECRET } from '../contract/notifier.js';

const RUNBOOK = 'https://example.org/runbook.md';
const LINK = `${RUNBOOK}#hung`;
const TEXT = `${PAGE.body}\nSee:   ${LINK}`;
export type Hosted = Exclude<NotifierConfig['type'], 'command' | 'email' | 'webhook'>;

export function make(config: NotifierConfig): Notifier {
  return createNotifier(config, { wallMs: () => 0, env: {}, runbook: RUNBOOK });
}

/** Each hosted service: its settings at this server, what it answers, and what PAGE must look like on its wire. */
export const SERVICES: {
  [T in Hosted]: {
    config: (url: string) => NotifierConfig;
    accepts: [status: number, answer?: unknown];
    path: string;
    headers?: { [name: string]: string };
    body: unknown;
  };
} = {
  ntfy: {
    config: (server) => ({
      type: 'ntfy',
      name: 'it',
      server,
      topic: 'box',
      token: SECRET,
      replies: 'box-replies',
    }),
    accepts: [200, { id: 'x', event: 'message' }],
    path: '/',
    headers: { authorization: `Bearer ${SECRET}` },
    body: {
      topic: 'box',
      title: PAGE.title,
      message: TEXT,
      priority: 4,
      tags: ['red_circle'],
      sequence_id: await sequenceId(PAGE.id),
      click: LINK,
      actions: [
        {
          action: 'http',
          label: 'I am on it',
          url: 'SERVER/box-replies',
          method: 'POST',
          body: 'ack a/incident-1',
          clear: true,
        },
        { action: 'view', label: 'What to do', url: LINK },
      ],
    },
  },
  pushover: {
    config: (api) => ({
      type: 'pushover',
      name: 'it',
      api,
      token: SECRET,
      user: `u-${SECRET}`,
      device: null,
      emergency: true,
    }),
    accepts: [200, { status: 1, request: 'r' }],
    path: '/1/messages.json',
    body: {
      token: SECRET,
      user: `u-${SECRET}`,
      title: PAGE.title,
      message: TEXT,
      priority: 1,
      timestamp: 1_764_000_000,
      url: LINK,
      url_title: 'What to do',
    },
  },
  telegram: {
    config: (api) => ({ type: 'telegram', name: 'it', api, token: SECRET, chat: -100, thread: 7 }),
    accepts: [200, { ok: true }],
    path: `/bot${SECRET}/sendMessage`,
    body: {
      chat_id: -100,
      text: `${PAGE.title}\n\n${TEXT}`,
      disable_notification: false,
      link_preview_options: { is_disabled: true },
      message_thread_id: 7,
    },
  },
  slack: {
    config: (url) => ({ type: 'slack', name: 'it', url: `${url}/services/${SECRET}` }),
    accepts: [200],
    path: `/services/${SECRET}`,
    body: {
      text: PAGE.title,
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: PAGE.title, emoji: false } },
        { type: 'section', text: { type: 'mrkdwn', text: `${TEXT}\n<${LINK}|What to do>` } },
      ],
    },
  },
  discord: {
    config: (url) => ({ type: 'discord', name: 'it', url: `${url}/api/webhooks/${SECRET}` }),
    accepts: [204],
    path: `/api/webhooks/${SECRET}`,
    body: {
      content: PAGE.title,
      embeds: [
        {
          title: PAGE.title,
          description: TEXT,
          color: 0xd73a49,
          timestamp: '2025-11-24T16:00:00.000Z',
          url: LINK,
        },
      ],
      allowed_mentions: { parse: [] },
    },
  },
  pagerduty: {
    config: (api) => ({ type: 'pagerduty', name: 'it', api, routingKey: SECRET }),
    accepts: [202, { status: 'success' }],
    path: '/v2/enqueue',
    body: {
      routing_key: SECRET,
      event_action: 'trigger',
      dedup_key: 'ninelives/a/incident-1',
      client: 'ninelives',
      client_url: LINK,
      links: [{ href: LINK, text: 'What to do' }],
      payload: {
        summary: PAGE.title,
        source: 'a',
        severity: 'error',
        timestamp: '2025-11-24T16:00:00.000Z',
        component: 'a',
        group: 'ninelives',
        class: 'hung',
        custom_details: { text: TEXT, page: PAGE.id },
      },
    },
  },
};
