import { z } from 'zod';
import { SERVER_NAMES } from '../../probe/servers.js';
import { command, count, DAY_MS, duration, name, port, text, webUrl } from './fields.js';
import { gatewaySchema } from './gateway.js';
import { heartbeatsSchema } from './heartbeats.js';
import { notifierSchema, pagingSchema } from './notify.js';
import { layersSchema, serviceOuter, watchSchema } from './outer.js';
import { probeSchema } from './probe.js';

/**
 * The shape of ninelives.yaml: snake_case keys, unknown ones refused. What needs two fields to be judged is
 * in `../sense.ts`; defaults are in `../defaults.ts`, so that "not given" stays visible here.
 */

/** The embedder's own settings, key for key: they are handed to it as its config file. */
const embedder = z
  .strictObject({
    model: text('A hub id (owner/name) or a folder.').optional(),
    revision: text('Commit or tag of the model at the hub.').optional(),
    model_file: text('ONNX file inside the model folder.').optional(),
    model_aliases: z
      .array(z.string())
      .meta({ description: 'Further model names that it answers to.' })
      .optional(),
    prompts: z
      .record(z.string(), z.string())
      .meta({ description: 'Text put before each input, by task_name.' })
      .optional(),
    limits: z
      .strictObject({
        max_inputs: count('Texts in one request.', 1, 65_536).optional(),
        max_tokens_per_input: count('Longer texts are refused.', 1, 131_072).optional(),
        max_chars_per_input: count('Longer texts are refused.', 1, 1_048_576).optional(),
        max_body_bytes: count('Larger bodies are refused (413).', 1_024, 268_435_456).optional(),
        max_queue: count('Texts waiting; beyond it 429.', 1, 1_048_576).optional(),
        drain_ms: count('What a stop waits for running requests.', 0, 600_000).optional(),
      })
      .optional(),
    batching: z
      .strictObject({
        max_batch_tokens: count('Tokens in one batch.', 1, 1_048_576).optional(),
        max_batch_texts: count('Texts in one batch.', 1, 4_096).optional(),
        max_wait_ms: count('What a batch waits to fill.', 0, 1_000).optional(),
        max_padding_tokens: count(
          'Padding that one more text may bring into a batch.',
          0,
          131_072,
        ).optional(),
      })
      .optional(),
    engine: z.strictObject({ threads: count('Threads of the engine.', 1, 256).optional() }).optional(),
  })
  .nullable()
  .meta({ description: 'Serve the built-in embedding model.' });

function outOf(description: string) {
  return z
    .strictObject({
      failures: count('This many failures …', 1, 100).optional(),
      of: count('… among the last so many.', 1, 100).optional(),
    })
    .meta({ description })
    .optional();
}

const guard = z
  .strictObject({
    failure_threshold: count('Failures in a row before anything is killed (3).', 1, 100).optional(),
    success_threshold: count('Right answers in a row that end an incident (2).', 1, 100).optional(),
    confirm: duration('The wait after a failure, instead of a whole interval (1s).', {
      minMs: 10,
    }).optional(),
    judged: outOf('Wrong and erroring answers: M of N (3 of 5).'),
    intermittent: outOf('Silence with answers in between, and 503 after start-up: M of N (6 of 10).'),
    busy_limit: duration(
      'At work without completing anything that can be seen: killed after this (5m).',
    ).optional(),
    idle_patience: duration('Silent, and nothing at all moves: killed after this (20s).').optional(),
    jam_patience: duration('Event loop blocked and burning CPU, or 503 after start-up (30s).').optional(),
    opaque_patience: duration('Silent, and its work can’t be seen from here (90s).').optional(),
    startup_grace: duration('Never killed this soon after its start (5m).').optional(),
    startup_stall: duration('After the grace: standing still for this long means stuck (1m).').optional(),
    kills: count('Kills within the window (3).', 1, 100).optional(),
    window: duration('The window of `kills` (30m).', { minMs: 1_000, maxMs: 7 * DAY_MS }).optional(),
    slow: duration('The wait once kills did not help, doubling (30m).', { minMs: 100 }).optional(),
    slow_max: duration('The longest such wait (2h).', { minMs: 100, maxMs: 7 * DAY_MS }).optional(),
    stable: duration('Serving for this long ends a series of kills (10m).').optional(),
    escalate_after: duration('An incident open for longer is a person’s (15m).').optional(),
    leak_every: duration(
      'A leak is looked for in samples this far apart, later further (10s); 0s: not at all.',
    ).optional(),
    leak_foresight: count(
      'How many times as far ahead as it was seen to grow it is believed to go on (10).',
      1,
      10_000,
    ).optional(),
    leak_horizon: duration('A person is told of memory that is used up within this time (24h).', {
      maxMs: 30 * DAY_MS,
    }).optional(),
    leftover_grace: duration('What leftovers of a dead process get to go by themselves (2s).').optional(),
  })
  .meta({ description: 'When to kill, and when not to.' });

const restart = z
  .strictObject({
    policy: z
      .enum(['no', 'on-failure', 'on-abnormal', 'on-abort', 'always'])
      .meta({ description: 'As systemd’s Restart= (on-failure).' })
      .optional(),
    sec: duration('As systemd’s RestartSec= (100ms).').optional(),
    start_limit_burst: count('As systemd’s StartLimitBurst= (5); 0: no limit.', 0, 1_000).optional(),
    start_limit_interval: duration('As systemd’s StartLimitIntervalSec= (10s); 0s: no limit.').optional(),
    stop_timeout: duration('From SIGTERM to SIGKILL when it is stopped (10s).', {
      maxMs: 3_600_000,
    }).optional(),
  })
  .meta({ description: 'How the embedded supervisor starts it again; a unit has its own settings.' });

export const serviceSchema = z.strictObject({
  name,
  port: port('Where it listens (8088).').optional(),
  embedder: embedder.optional(),
  command: command.optional(),
  cwd: text('command: where it runs; relative to this file.').optional(),
  env: z
    .record(
      z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'is not a variable name' }),
      z.union([z.string(), z.number(), z.boolean()]).transform(String),
    )
    .meta({ description: 'command: added to the environment.' })
    .optional(),
  unit: text('A systemd unit of mine, such as model.service.')
    .regex(/^[A-Za-z0-9:_.\\@-]+$/, { error: 'is not a unit name' })
    .optional(),
  user: z
    .boolean()
    .meta({ description: 'unit: it belongs to my user manager (systemctl --user).' })
    .optional(),
  probe: probeSchema.optional(),
  guard: guard.optional(),
  restart: restart.optional(),
  gateway: gatewaySchema.optional(),
  progress: z
    .union([
      z.literal(false),
      z.strictObject({
        server: z
          .enum(['any', ...SERVER_NAMES])
          .meta({ description: 'Counted as this server counts; any: by whichever known one is found.' }),
        url: webUrl('A Prometheus endpoint (/metrics of the service).').optional(),
      }),
      z.strictObject({
        url: webUrl('A Prometheus endpoint.'),
        counter: text('A counter that moves exactly when work gets done.').regex(
          /^[a-zA-Z_:][a-zA-Z0-9_:]*$/,
          { error: 'is not a metric name' },
        ),
      }),
    ])
    .meta({
      description: 'Where completed work is counted (a known server’s /metrics, if there); false: nowhere.',
    })
    .optional(),
  ...serviceOuter,
});

export const configSchema = z.strictObject({
  version: z.literal(1).meta({ description: 'Of this format.' }),
  services: z
    .array(serviceSchema)
    .min(1, { error: 'must list at least one service' })
    .max(64, { error: 'at most 64 services' }),
  notify: z
    .array(notifierSchema)
    .max(32, { error: 'at most 32 notifiers' })
    .meta({ description: 'How people are told.' })
    .optional(),
  paging: pagingSchema.optional(),
  heartbeats: heartbeatsSchema.optional(),
  watch: watchSchema.optional(),
  layers: layersSchema.optional(),
  dashboard: z
    .union([
      z.literal(false),
      z.strictObject({
        port: count('Where it listens (8090); 0: any free port.', 0, 65_535).optional(),
        host: text('The address it listens on (127.0.0.1).').optional(),
        names: z
          .array(text('A host name.').toLowerCase())
          .meta({ description: 'Further names by which a proxy of yours calls it.' })
          .optional(),
      }),
    ])
    .meta({ description: 'The dashboard of `up` and `guard`; false for none.' })
    .optional(),
  retention: duration('What is older is forgotten (14d).', {
    minMs: 3_600_000,
    maxMs: 3_650 * DAY_MS,
  }).optional(),
});

export type ServiceInput = z.input<typeof serviceSchema>;
export type RawService = z.output<typeof serviceSchema>;
export type RawConfig = z.output<typeof configSchema>;
