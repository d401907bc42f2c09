import { z } from 'zod';
import { count, DAY_MS, duration, headers, name, text, webUrl } from './fields.js';

/** The parts of ninelives.yaml about what is outside the box: the public way, outer layers, what fails together. */

const domain = (description: string) =>
  z
    .union([text(description), z.array(text(description)).min(1)])
    .meta({ description })
    .optional();

/** What fails together: two things that name the same domain fail with it. */
export const domainsSchema = z
  .strictObject({
    process: domain('A process that it lives in.'),
    host: domain('The machine it runs on.'),
    power: domain('Whose electricity it hangs on.'),
    uplink: domain('Whose line to the internet it uses.'),
    site: domain('The building.'),
    provider: domain('Companies it needs, such as cloudflare or ntfy.sh.'),
  })
  .meta({ description: 'What fails together: for  ninelives layers.' });

const publicWay = z
  .strictObject({
    url: webUrl('Where clients reach it.'),
    headers: headers.optional(),
    bearer_file: text('File with the key that clients use; chmod 600.').optional(),
  })
  .meta({ description: 'As clients reach it: what the outer layers ask.' });

const lanWay = z
  .strictObject({
    url: webUrl('Its API on the local network: real work is tried there.').optional(),
    address: text('Or any port of the box that answers, such as 192.0.2.10:22: is the box alive?')
      .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, { error: 'must be HOST:PORT' })
      .optional(),
  })
  .meta({ description: 'As a machine beside the box reaches it: tells a dead box from a broken tunnel.' });

export const serviceOuter = {
  public: publicWay.optional(),
  lan: lanWay.optional(),
  domains: domainsSchema.optional(),
  tunnel: z
    .strictObject({
      of: text('The service that it carries.'),
      local: webUrl('What it leads to on this box (the URL of that service’s probe).').optional(),
    })
    .meta({
      description:
        'This unit is the tunnel of that service: its probe is the public URL, and it is killed only when the local way works and the outside world answers.',
    })
    .optional(),
};

const control = z
  .strictObject({
    name: text('What to call it (its host).').optional(),
    owner: text('Who runs it; two of one owner are one.'),
    url: text('https://… or http://…: an answer counts. tcp://HOST:PORT: an open port.').refine(
      (value) => /^(https?|tcp):\/\//.test(value) && URL.canParse(value),
      { error: 'must be a URL such as https://example.org or tcp://192.0.2.1:443' },
    ),
    status: count('The status that it gives and a log-in page does not.', 100, 599).optional(),
    domains: domainsSchema.optional(),
  })
  .meta({ description: 'Something that answers when the internet is there.' });

export const watchSchema = z
  .strictObject({
    layer: name.optional(),
    every: duration('Between looks (3m).', { minMs: 10 }).optional(),
    confirm: duration('After a first failure, instead of a whole interval (30s).', { minMs: 10 }).optional(),
    failure_threshold: count('Failed looks in a row that open an incident (3).', 1, 100).optional(),
    success_threshold: count('Good looks in a row that close it (2).', 1, 100).optional(),
    remind: duration('An incident that nobody acknowledged is told again after this (4h).', {
      minMs: 1_000,
      maxMs: 7 * DAY_MS,
    }).optional(),
    deadline: duration('For one whole answer (30s).', { minMs: 100, maxMs: 300_000 }).optional(),
    tls_warn: duration('A certificate that ends within this is told (14d).', {
      maxMs: 365 * DAY_MS,
    }).optional(),
    controls: z
      .array(control)
      .max(8, { error: 'at most 8 control targets' })
      .meta({ description: 'At least two, of different owners: if none answers, we are blind.' })
      .optional(),
  })
  .meta({ description: 'The outer layer: ninelives watch, and what is exported for off-site.' });

const layer = z
  .strictObject({
    name,
    kind: z.enum(['guard', 'watch', 'beacon']).meta({
      description: 'guard: on the box. watch: ninelives watch elsewhere. beacon: off-site, exported.',
    }),
    domains: domainsSchema,
    notify: z.array(z.string()).meta({ description: 'Names of notifiers (all of them).' }).optional(),
    every: duration('Between its looks (guard 2s, watch 3m, beacon 5m).').optional(),
    lan: z.boolean().meta({ description: 'It stands beside the box and can see it on the LAN.' }).optional(),
    heard_by: z
      .array(z.string())
      .meta({ description: 'Layers (or the name of a heartbeat service) that notice its silence.' })
      .optional(),
    grace: duration('Silence longer than this is told (15m).', { maxMs: 7 * DAY_MS }).optional(),
    alarm: z
      .strictObject({
        server: webUrl('The server (https://ntfy.sh); 2.16 or newer.').optional(),
        after: duration('Silence after which ntfy itself tells (2h; on GitHub 1d).', {
          minMs: 60_000,
          maxMs: 3 * DAY_MS,
        }).optional(),
        login: z.boolean().meta({ description: 'The server wants an access token.' }).optional(),
      })
      .meta({
        description: 'A beacon’s own dead man’s switch at ntfy: a scheduled message that its passes put off.',
      })
      .optional(),
  })
  .meta({ description: 'One layer, and what it fails together with.' });

export const layersSchema = z
  .array(layer)
  .max(16, { error: 'at most 16 layers' })
  .meta({ description: 'Who watches, and what fails together: for  ninelives layers.' });
