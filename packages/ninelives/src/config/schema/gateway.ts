import { z } from 'zod';
import { count, duration, port, text } from './fields.js';

/** What stands in front of a service: `../gateway.ts` has the defaults. */
export const gatewaySchema = z
  .union([
    z.literal(false),
    z.strictObject({
      port: port('Where clients and the tunnel come in (8080).').optional(),
      host: text('The address it listens on (127.0.0.1); anything else faces the network.').optional(),
      keys_file: text('API keys, one a line; without it nobody is asked for one. chmod 600.').optional(),
      per_minute: count(
        'Requests that one key, or one address, may send in a minute.',
        1,
        1_000_000,
      ).optional(),
      hold: duration('The longest that a request waits for the server to come back (85s).', {
        minMs: 100,
        maxMs: 3_600_000,
      }).optional(),
      body_max: count('Larger bodies are refused, bytes (33554432).', 1_024, 1_073_741_824).optional(),
      replay_chat: z
        .boolean()
        .meta({ description: 'Chat without `stream` may be sent again after a death of the server (false).' })
        .optional(),
    }),
  ])
  .meta({ description: 'Holds and replays what clients ask; false for none. One service: there is one.' });
