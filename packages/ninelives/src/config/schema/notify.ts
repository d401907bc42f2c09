import { z } from 'zod';
import { command, count, DAY_MS, duration, headers, name, text, webUrl } from './fields.js';
import { domainsSchema } from './outer.js';

/** The parts of ninelives.yaml about telling people. Secrets come from the environment or from a file, never from here. */

/** A secret in two ways; which one, and that it is not written out, is judged in `../notify.ts`. */
const secret = (what: string) => text(`${what}: "\${NAME}" of the environment.`).optional();
const secretFile = (what: string) => text(`File with ${what}; chmod 600.`).optional();
const api = (at: string) => webUrl(`Where its API is (${at}).`).optional();
const topic = (description: string) =>
  text(description).regex(/^[-_A-Za-z0-9]{1,64}$/, {
    error: 'must be 1 to 64 letters, digits, "-" or "_"',
  });

const ntfy = z
  .strictObject({
    server: webUrl('The server (https://ntfy.sh).').optional(),
    topic: topic('The topic; on a public server its name is its password.').optional(),
    topic_file: secretFile('the name of the topic'),
    token: secret('The access token'),
    token_file: secretFile('the access token'),
    replies: topic('The topic to which the phone answers; polled while something is open.').optional(),
    replies_file: secretFile('the name of that topic'),
  })
  .meta({ description: 'ntfy.sh, or a server of one’s own.' });

const pushover = z
  .strictObject({
    token: secret('The token of the application'),
    token_file: secretFile('the token of the application'),
    user: secret('The key of the user or group'),
    user_file: secretFile('the key of the user or group'),
    device: text('One device (all).').optional(),
    emergency: z
      .boolean()
      .meta({ description: 'What needs a person rings until somebody acknowledges (true).' })
      .optional(),
    api: api('https://api.pushover.net'),
  })
  .meta({ description: 'Pushover.' });

const telegram = z
  .strictObject({
    token: secret('The token of the bot'),
    token_file: secretFile('the token of the bot'),
    chat: z.union([z.int(), text('')]).meta({ description: 'The chat: its number, or @channel.' }),
    thread: z.int().meta({ description: 'The topic of a forum group.' }).optional(),
    api: api('https://api.telegram.org'),
  })
  .meta({ description: 'A bot of Telegram.' });

const hook = (what: string) =>
  z
    .strictObject({ url: secret(`The URL of ${what}`), url_file: secretFile(`the URL of ${what}`) })
    .meta({ description: `${what}; its URL is its secret.` });

const pagerduty = z
  .strictObject({
    routing_key: secret('The integration key (Events API v2)'),
    routing_key_file: secretFile('the integration key'),
    api: api('https://events.pagerduty.com'),
  })
  .meta({ description: 'PagerDuty: trigger, acknowledge, resolve.' });

const email = z
  .strictObject({
    host: text('The SMTP server.'),
    port: count('Its port (587; implicit TLS 465).', 1, 65_535).optional(),
    tls: z
      .enum(['starttls', 'implicit', 'none'])
      .meta({ description: 'starttls is required, implicit from the first byte, none for a local relay.' })
      .optional(),
    user: text('The login.').optional(),
    password: secret('The password'),
    password_file: secretFile('the password'),
    from: text('The sender.'),
    to: z
      .union([text(''), z.array(text('')).min(1, { error: 'must not be empty' })])
      .meta({ description: 'Who gets it.' }),
  })
  .meta({ description: 'E-mail through SMTP.' });

const webhook = z
  .strictObject({
    url: webUrl('Where the page is posted.'),
    secret: text('Signs the body; an environment variable keeps it out of the file.').optional(),
    secret_file: secretFile('the secret'),
    headers: headers.optional(),
  })
  .meta({ description: 'A JSON POST, signed as Standard Webhooks.' });

export const notifierSchema = z.strictObject({
  name,
  domains: domainsSchema.optional(),
  ntfy: ntfy.optional(),
  pushover: pushover.optional(),
  telegram: telegram.optional(),
  slack: hook('an incoming webhook of Slack').optional(),
  discord: hook('a channel’s webhook of Discord').optional(),
  pagerduty: pagerduty.optional(),
  email: email.optional(),
  webhook: webhook.optional(),
  command: command.optional(),
  timeout: duration('command: what it gets to finish (10s).', { minMs: 100, maxMs: 300_000 }).optional(),
  after: duration('Only what is still open, and acknowledged by nobody, after this: the second in line.', {
    minMs: 1_000,
    maxMs: 7 * DAY_MS,
  }).optional(),
  fallback: z
    .union([z.string(), z.array(z.string())])
    .meta({ description: 'Notifiers that take over what this one can not deliver, in their order.' })
    .optional(),
});

const clockTime = (description: string) =>
  text(description).regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'must be a time such as 02:30' });

const maintenance = z
  .strictObject({
    from: clockTime('Begins at this time of day.').optional(),
    to: clockTime('Ends at this time; earlier than `from`: on the next day.').optional(),
    days: z
      .array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']))
      .min(1)
      .meta({ description: 'On which days it begins (all).' })
      .optional(),
    zone: text('The time zone, such as Europe/Berlin (UTC).').optional(),
    start: z.iso.datetime({ offset: true }).meta({ description: 'Once: from this moment.' }).optional(),
    end: z.iso.datetime({ offset: true }).meta({ description: 'Once: to this moment.' }).optional(),
    services: z.array(z.string()).meta({ description: 'Of which services (all).' }).optional(),
  })
  .meta({ description: 'Losses within it are told only if they outlast it.' });

export const pagingSchema = z
  .strictObject({
    remind: z
      .union([z.literal(false), duration('', { minMs: 1_000, maxMs: 7 * DAY_MS })])
      .meta({
        description: 'An open loss that nobody acknowledged is told again after this (4h); false: never.',
      })
      .optional(),
    fallback_after: duration('Not accepted for this long: its fallback gets it too (2m).').optional(),
    give_up: duration('Tried for this long, then given up, loudly (1d).', {
      minMs: 1_000,
      maxMs: 30 * DAY_MS,
    }).optional(),
    flapping: z
      .union([
        z.literal(false),
        z.strictObject({
          incidents: count('So many losses … (5)', 2, 100).optional(),
          within: duration('… within this become one page (1h).', { minMs: 1_000 }).optional(),
          calm: duration('No loss for this long: it is over (30m).', { minMs: 1_000 }).optional(),
        }),
      ])
      .meta({ description: 'Many losses in a row become one page; false: each is told.' })
      .optional(),
    maintenance: z
      .array(maintenance)
      .max(64)
      .meta({ description: 'When losses are expected and wake nobody.' })
      .optional(),
    runbook: webUrl('Where docs/runbook.md can be read: each page links its section.').optional(),
  })
  .meta({ description: 'When, how often and whom.' });

export type RawNotifier = z.output<typeof notifierSchema>;
export type RawPaging = z.output<typeof pagingSchema>;
