import { z } from 'zod';
import type { KindName } from '../../probe/kinds/kinds.js';
import { count, duration, headers, ratio, text, webUrl } from './fields.js';

const KIND_NAMES = ['embeddings', 'chat', 'completions', 'http'] as const satisfies readonly KindName[];

const deadline = z
  .union([
    duration('One fixed limit.', { minMs: 50, maxMs: 600_000 }),
    z.strictObject({
      min: duration('The learnt limit is never shorter.', { minMs: 50, maxMs: 600_000 }).optional(),
      max: duration('The learnt limit is never longer.', { minMs: 50, maxMs: 600_000 }).optional(),
    }),
  ])
  .meta({ description: 'Whole-attempt limit: one duration, or min and max of the learnt one (2s, 30s).' });

export const probeSchema = z
  .strictObject({
    kind: z.enum(KIND_NAMES).meta({ description: 'What real work means (embeddings).' }).optional(),
    url: webUrl('Where the API answers; the path of the kind is added unless it has one.').optional(),
    model: text('Sent as `model`; left out when not given.').optional(),
    every: duration('The interval between probes (2s).', { minMs: 50 }).optional(),
    deadline: deadline.optional(),
    headers: headers.optional(),
    bearer_file: text('File with the API key, sent as "Authorization: Bearer …"; chmod 600.').optional(),
    cheap: z
      .array(z.string().regex(/^\/|^https?:\/\//, { error: 'must begin with "/"' }))
      .max(8, { error: 'at most 8 paths' })
      .meta({ description: 'Cheap endpoints asked beside a failing probe (/health, /v1/models).' })
      .optional(),
    texts: z
      .array(text('A short text.'))
      .min(2, { error: 'needs at least two different texts: one alone can not show a constant answer' })
      .max(64, { error: 'at most 64 texts' })
      .refine((texts) => new Set(texts).size === texts.length, { error: 'has one text twice' })
      .meta({ description: 'embeddings: what is embedded, two at a time.' })
      .optional(),
    task_name: text('embeddings: sent as `task_name`.').optional(),
    dimensions: count('embeddings: sent as `dimensions`, and the expected length.', 1, 65_536).optional(),
    vector_length: count('embeddings: the expected length, not sent.', 1, 65_536).optional(),
    golden: text('embeddings: JSON file with approved vectors, by text.').optional(),
    min_cosine: ratio('embeddings: nearness to golden (0.95).').optional(),
    distinct_below: ratio('embeddings: two texts must be less alike than this (0.999).').optional(),
    prompts: z
      .array(text('A prompt.'))
      .min(1, { error: 'must not be empty' })
      .max(64, { error: 'at most 64 prompts' })
      .meta({ description: 'chat, completions: one an attempt, in turn.' })
      .optional(),
    expect: text('chat, completions: what the text must contain, whatever the case.').optional(),
    logprobs: z
      .boolean()
      .meta({ description: 'chat, completions: ask for log-probabilities too, and judge them (false).' })
      .optional(),
    max_tokens: count('chat, completions: kept small (8).', 1, 4_096).optional(),
    method: z
      .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
      .meta({ description: 'http: the method (GET).' })
      .optional(),
    path: text('http: the path (/).').regex(/^\//, { error: 'must begin with "/"' }).optional(),
    body: z
      .union([z.string(), z.record(z.string(), z.json())])
      .meta({ description: 'http: a text, or a mapping that is sent as JSON.' })
      .optional(),
    status: z
      .union([
        count('A status.', 100, 599),
        z.array(count('A status.', 100, 599)).min(1, { error: 'must not be empty' }),
      ])
      .meta({ description: 'http: the accepted status or statuses (any 2xx).' })
      .optional(),
    contains: text('http: what the answer must contain.').optional(),
    json: z
      .record(z.string(), z.json())
      .meta({ description: 'http: JSON path (data[0].id) to the value expected there.' })
      .optional(),
  })
  .meta({ description: 'Real work, and what a right answer is.' });
