import { z } from 'zod';
import { DURATION_PATTERN, formatDuration, parseDuration } from '../duration.js';

export const DAY_MS = 86_400_000;

export function duration(description: string, bounds: { minMs?: number; maxMs?: number } = {}) {
  const { minMs = 0, maxMs = DAY_MS } = bounds;
  const example = 'must be a duration such as 500ms, 30s, 3m or 1h30m';
  return z
    .string({ error: example })
    .regex(DURATION_PATTERN, { error: example, abort: true })
    .transform((text, context) => {
      const ms = parseDuration(text);
      if (ms !== null && ms >= minMs && ms <= maxMs) return ms;
      const range = `must be from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
      context.issues.push({ code: 'custom', message: range, input: text });
      return z.NEVER;
    })
    .meta({ description });
}

export function count(description: string, min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.int({ error }).min(min, { error }).max(max, { error }).meta({ description });
}

const PORT = 'must be a port number from 1 to 65535';

/** A number, or a text that is one: environment variables are texts. */
export function port(description: string) {
  const digits = z
    .string()
    .regex(/^\d{1,5}$/)
    .transform(Number);
  return z
    .union([z.int(), digits], { error: PORT })
    .refine((value) => value >= 1 && value <= 65_535, { error: PORT })
    .meta({ description });
}

export function ratio(description: string) {
  const error = 'must be a number from -1 to 1';
  return z.number({ error }).min(-1, { error }).max(1, { error }).meta({ description });
}

export const text = (description: string) =>
  z.string().min(1, { error: 'must not be empty' }).meta({ description });

export const name = text('A short name: letters, digits, ".", "_" and "-".').regex(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
  {
    error: 'must be 1 to 63 letters, digits, ".", "_" or "-", and begin with a letter or digit',
  },
);

export const webUrl = (description: string) =>
  text(description).refine((value) => /^https?:\/\//.test(value) && URL.canParse(value), {
    error: 'must be a URL such as http://127.0.0.1:8088',
  });

export const headers = z
  .record(
    z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'is not a header name' }),
    z
      .string({ error: 'must be a text: put it in quotes' })
      .regex(/^[\t\x20-\x7e\x80-\xff]*$/, { error: 'has characters that a header may not have' }),
  )
  .meta({ description: 'Headers to send. Secrets: "Bearer $TOKEN".' });

export const command = z
  .union([
    text('A command line, split at blanks; no shell.'),
    z.array(z.string()).min(1, { error: 'must not be empty' }),
  ])
  .meta({
    description: 'The command: a list of words, or a line that is split at blanks (there is no shell).',
  });
