import { NTFY_SERVER } from './defaults.js';
import type { RawNotifier, RawPaging } from './schema/notify.js';
import { type Fields, type Place, secretOf } from './secret-of.js';
import type { Report } from './sense.js';
import type { Maintenance, NotifierConfig, PagingPolicy } from './service.js';
import { argvOf } from './source/words.js';

/** What is told when, if the config does not say. */
export const DEFAULT_PAGING: PagingPolicy = {
  routes: {},
  remindMs: 4 * 3_600_000,
  fallbackAfterMs: 2 * 60_000,
  giveUpMs: 24 * 3_600_000,
  flapping: { incidents: 5, withinMs: 3_600_000, calmMs: 30 * 60_000 },
  maintenance: [],
};

const KINDS = [
  'ntfy',
  'pushover',
  'telegram',
  'slack',
  'discord',
  'pagerduty',
  'email',
  'webhook',
  'command',
] as const;

/** What the notifiers say must make sense, each and together. `report`'s path begins with the notifier's index. */
export function judgeNotifiers(notifiers: readonly (readonly [number, RawNotifier])[], report: Report): void {
  for (const [index, notifier] of notifiers) {
    const [kind, ...more] = KINDS.filter((key) => notifier[key] !== undefined);
    if (kind === undefined) report([index], `needs one of: ${KINDS.join(', ')}`);
    for (const extra of more) {
      report([index, extra], `a notifier is either ${kind} or ${extra}: take one away`);
    }
    if (notifier.timeout !== undefined && kind !== 'command') {
      report([index, 'timeout'], 'belongs to `command`');
    }
    if (notifiers.some(([other, { name }]) => other < index && name === notifier.name)) {
      report([index, 'name'], 'another notifier has the same name');
    }
    for (const fallback of [notifier.fallback ?? []].flat()) {
      if (fallback === notifier.name || !notifiers.some(([, { name }]) => name === fallback)) {
        report([index, 'fallback'], `no other notifier is called ${fallback}`);
      }
    }
  }
  if (notifiers.length > 0 && notifiers.every(([, { after }]) => after !== undefined)) {
    report([notifiers[0]?.[0] ?? 0, 'after'], 'nobody would be told at once: take it away from one notifier');
  }
}

/** Reads the files that hold its secrets; problems are reported. Null when its kind is not clear. */
export function resolveNotifier(notifier: RawNotifier, place: Place, report: Report): NotifierConfig | null {
  const { name, command, webhook } = notifier;
  if (webhook !== undefined) {
    const secret = secretOf(webhook, ['webhook'], 'secret', place, report, 'optional');
    return { type: 'webhook', name, url: webhook.url, secret, headers: webhook.headers ?? {} };
  }
  if (command !== undefined) {
    const argv = argvOf(command, (message) => report(['command'], message));
    return { type: 'command', name, argv, timeoutMs: notifier.timeout ?? 10_000 };
  }
  if (notifier.email !== undefined) return emailOf(name, notifier.email, place, report);
  return hostedOf(notifier, place, report);
}

/** A call of `secretOf` for one kind: a key, and whether it must be there. */
type Secret = (key: string) => string;

function hostedOf(notifier: RawNotifier, place: Place, report: Report): NotifierConfig | null {
  const { name, ntfy, pushover, telegram, slack, discord, pagerduty } = notifier;
  const of =
    (kind: (typeof KINDS)[number]): Secret =>
    (key) =>
      secretOf(notifier[kind] as Fields, [kind], key, place, report, 'needed') ?? '';
  if (ntfy !== undefined) {
    const optional = (key: string) => secretOf(ntfy, ['ntfy'], key, place, report, 'optional');
    // The name of a topic may stand there in plain: on a server with access control it is no secret.
    const topic = ntfy.topic ?? of('ntfy')('topic');
    const replies = ntfy.replies ?? optional('replies');
    const server = (ntfy.server ?? NTFY_SERVER).replace(/\/+$/, '');
    return { type: 'ntfy', name, server, topic, token: optional('token'), replies };
  }
  if (pushover !== undefined) {
    const [token, user] = [of('pushover')('token'), of('pushover')('user')];
    const { device = null, emergency = true, api = 'https://api.pushover.net' } = pushover;
    return { type: 'pushover', name, api: bare(api), token, user, device, emergency };
  }
  if (telegram !== undefined) {
    const { chat, thread = null, api = 'https://api.telegram.org' } = telegram;
    return { type: 'telegram', name, api: bare(api), token: of('telegram')('token'), chat, thread };
  }
  if (pagerduty !== undefined) {
    const api = bare(pagerduty.api ?? 'https://events.pagerduty.com');
    return { type: 'pagerduty', name, api, routingKey: of('pagerduty')('routing_key') };
  }
  for (const [type, given] of [['slack', slack] as const, ['discord', discord] as const]) {
    if (given === undefined) continue;
    const url = of(type)('url');
    if (url !== '' && !URL.canParse(url)) report([type], 'its url is not a URL');
    return { type, name, url };
  }
  return null;
}

function emailOf(
  name: string,
  email: NonNullable<RawNotifier['email']>,
  place: Place,
  report: Report,
): NotifierConfig {
  const { host, from, to, user = null, tls = 'starttls' } = email;
  const password = secretOf(
    email,
    ['email'],
    'password',
    place,
    report,
    user === null ? 'optional' : 'needed',
  );
  const port = email.port ?? { starttls: 587, implicit: 465, none: 25 }[tls];
  if (user !== null && tls === 'none') report(['email', 'tls'], 'would send the password in the clear');
  return { type: 'email', name, host, port, tls, user, password, from, to: [to].flat(), timeoutMs: 20_000 };
}

function bare(url: string): string {
  return url.replace(/\/+$/, '');
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** With every default; what does not fit together is reported. */
export function resolvePaging(
  raw: RawPaging,
  notifiers: readonly RawNotifier[],
  report: Report,
): PagingPolicy {
  const base = DEFAULT_PAGING;
  const flapping = raw.flapping;
  const routes = notifiers.map(({ name, after, fallback }) => {
    return [name, { afterMs: after ?? null, fallback: [fallback ?? []].flat() }];
  });
  return {
    routes: Object.fromEntries(routes),
    remindMs: raw.remind === false ? null : (raw.remind ?? base.remindMs),
    fallbackAfterMs: raw.fallback_after ?? base.fallbackAfterMs,
    giveUpMs: raw.give_up ?? base.giveUpMs,
    flapping:
      flapping === false || base.flapping === null
        ? null
        : {
            incidents: flapping?.incidents ?? base.flapping.incidents,
            withinMs: flapping?.within ?? base.flapping.withinMs,
            calmMs: flapping?.calm ?? base.flapping.calmMs,
          },
    maintenance: (raw.maintenance ?? []).flatMap((window, index) => {
      const resolved = maintenanceOf(window, (message) => report(['maintenance', index], message));
      return resolved === null ? [] : [resolved];
    }),
  };
}

function maintenanceOf(
  window: NonNullable<RawPaging['maintenance']>[number],
  report: (message: string) => void,
): Maintenance | null {
  const { from, to, days, zone = 'UTC', start, end, services = null } = window;
  if (start !== undefined && end !== undefined && from === undefined && to === undefined) {
    const [startWallMs, endWallMs] = [Date.parse(start), Date.parse(end)];
    if (endWallMs <= startWallMs) report('ends before it begins');
    return { services, startWallMs, endWallMs };
  }
  if (from === undefined || to === undefined || start !== undefined || end !== undefined) {
    report('needs either from and to, or start and end');
    return null;
  }
  if (from === to) report('begins and ends at the same minute');
  if (!isZone(zone)) report(`no time zone is called ${zone}`);
  const chosen = days ?? [...DAYS];
  return {
    services,
    fromMin: minuteOf(from),
    toMin: minuteOf(to),
    days: chosen.map((day) => DAYS.indexOf(day)),
    zone: isZone(zone) ? zone : 'UTC',
  };
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
