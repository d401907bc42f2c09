import { z } from 'zod';
import { configSchema } from './schema.js';

/** The JSON Schema of ninelives.yaml, for editors. `schema/ninelives.schema.json` is this, and a test keeps it so. */
export function configJsonSchema() {
  return { title: 'ninelives.yaml', ...z.toJSONSchema(configSchema, { io: 'input' }) };
}
