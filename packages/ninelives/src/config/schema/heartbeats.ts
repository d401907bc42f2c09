import { z } from 'zod';
import { DAY_MS, duration, name, text, webUrl } from './fields.js';

const uuid = 'a UUID, such as  uuidgen  prints';

const target = z
  .strictObject({
    name,
    url: text(`A Healthchecks-style URL: "\${NAME}" of the environment.`).optional(),
    url_file: text('File with that URL; chmod 600.').optional(),
    ntfy: z
      .strictObject({
        server: webUrl('The server (https://ntfy.sh); 2.16 or newer.').optional(),
        topic: text('The topic.').optional(),
        topic_file: text('File with the name of the topic; chmod 600.').optional(),
        token: text(`The access token: "\${NAME}" of the environment.`).optional(),
        token_file: text('File with the access token; chmod 600.').optional(),
        after: duration('Silence after which ntfy itself tells (2h).', {
          minMs: 60_000,
          maxMs: 3 * DAY_MS,
        }).optional(),
      })
      .meta({ description: 'A dead man’s switch: a scheduled message that each beat puts off again.' })
      .optional(),
    every: duration('Between beats (1m; ntfy: a quarter of `after`).', { minMs: 10 }).optional(),
  })
  .meta({ description: 'Who hears of us that we live.' });

const source = z
  .strictObject({
    name,
    uuid: text(`Its secret: "\${NAME}" of the environment; ${uuid}.`).optional(),
    uuid_file: text('File with its secret; chmod 600.').optional(),
    grace: duration('Silence longer than this is told (5m).', { minMs: 10, maxMs: 30 * DAY_MS }).optional(),
  })
  .meta({ description: 'Whom we listen to.' });

export const heartbeatsSchema = z
  .strictObject({
    send: z.array(target).max(16).meta({ description: 'Where to beat.' }).optional(),
    from: z.array(source).max(64).meta({ description: 'Whose beats to expect.' }).optional(),
    listen: text('Where pings come in (127.0.0.1:8091); only loopback unless told otherwise.')
      .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, { error: 'must be HOST:PORT' })
      .optional(),
  })
  .meta({ description: 'Who watches the watchers: beats to others, and from others.' });

export type RawHeartbeats = z.output<typeof heartbeatsSchema>;
