import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { configJsonSchema } from '../../src/config/schema/json-schema.js';

const file = fileURLToPath(new URL('../../../schema/ninelives.schema.json', import.meta.url));
const UPDATE = 'UPDATE_SCHEMA=1 node --test packages/ninelives/dist/test/config/schema.test.js';

test('the published JSON Schema is current', () => {
  const current = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  if (process.env.UPDATE_SCHEMA === '1') writeFileSync(file, current);
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), JSON.parse(current), `it is not; type  ${UPDATE}`);
});

test('every field has a description, and nothing takes unknown keys by accident', () => {
  const problems: string[] = [];
  const walk = (schema: Record<string, unknown>, path: string) => {
    const properties = (schema.properties ?? {}) as Record<string, Record<string, unknown>>;
    if (schema.properties !== undefined && schema.additionalProperties !== false)
      problems.push(`${path} is open`);
    for (const [key, field] of Object.entries(properties)) {
      const nested = JSON.stringify(field).includes('"properties"');
      if (field.description === undefined && !nested) problems.push(`${path}.${key} has no description`);
      walk(field, `${path}.${key}`);
    }
    if (schema.items !== undefined) walk(schema.items as Record<string, unknown>, `${path}[]`);
    for (const branch of (schema.anyOf ?? []) as Record<string, unknown>[]) walk(branch, path);
  };
  walk(configJsonSchema() as Record<string, unknown>, '');
  assert.deepEqual(problems, []);
});
