import { z } from 'zod';

const whole = (min: number, max: number) => z.number().int().min(min).max(max).optional();

/** The config file: every key optional, every number bounded, nothing unknown let through. */
export const configSchema = z.strictObject({
  model: z.string().min(1).optional(),
  revision: z.string().min(1).optional(),
  model_file: z.string().endsWith('.onnx').optional(),
  model_aliases: z.array(z.string().min(1)).optional(),
  prompts: z.record(z.string().min(1), z.string()).optional(),
  limits: z
    .strictObject({
      max_inputs: whole(1, 65_536),
      max_tokens_per_input: whole(1, 131_072),
      max_chars_per_input: whole(1, 1_048_576),
      max_body_bytes: whole(1024, 268_435_456),
      max_queue: whole(1, 1_048_576),
      drain_ms: whole(0, 600_000),
    })
    .optional(),
  batching: z
    .strictObject({
      max_batch_tokens: whole(1, 1_048_576),
      max_batch_texts: whole(1, 4096),
      max_padding_tokens: whole(0, 131_072),
      max_wait_ms: whole(0, 1000),
    })
    .optional(),
  engine: z.strictObject({ threads: whole(1, 256) }).optional(),
});

export type ConfigFile = z.infer<typeof configSchema>;
