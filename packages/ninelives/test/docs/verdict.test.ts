import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { VERDICTS } from '../../src/core/verdicts.js';
import { ZOO } from '../zoo/table.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', '..', '..');
const CORE = join(ROOT, 'packages', 'ninelives', 'src', 'core');

/** Words of the sentences, as the page shows them, and the file of the core that says them. */
const SAID: [words: string, file: string][] = [
  ['probes in a row: ', 'silence.ts'],
  ['counts as hung in ', 'silence.ts'],
  ['nothing tells whether it gets anywhere', 'silence.ts'],
  ['its event loop is blocked', 'silence.ts'],
  ['its counter of finished work stands still', 'silence.ts'],
  ['so busy looks like hung from here', 'silence.ts'],
  ['is dead and not reaped (Z)', 'activity.ts'],
  ['but other work completes', 'verdict.ts'],
  ['probes failed', 'verdict.ts'],
];

test('docs/bench/verdict.md has a sentence of `status` for each class of the zoo, in the words of the core', () => {
  const page = readFileSync(join(ROOT, 'docs', 'bench', 'verdict.md'), 'utf8');
  const table = page.split('## What `ninelives status` says')[1]?.split('\n## ')[0] ?? '';
  const rows = table.split('\n').flatMap((line) => {
    const [, name, sentence] = line.match(/^\| (.+?) \| (.+) \|$/) ?? [];
    return name && sentence ? [{ name, sentence }] : [];
  });
  for (const { name, verdict } of ZOO) {
    const row = rows.find((one) => one.name === name);
    assert.ok(row, `no sentence for "${name}": run node bench/verdict/run.mjs "${name}" --write`);
    const kind = row.sentence.split(':')[0] ?? '';
    const known = kind in VERDICTS && verdict.some((one) => one === kind);
    assert.ok(known || row.sentence === 'serving all the while', `"${name}" says: ${row.sentence}`);
  }
  for (const [words, file] of SAID) {
    assert.ok(table.includes(words), `no class is told of with: ${words}`);
    assert.ok(readFileSync(join(CORE, file), 'utf8').includes(words), `core/${file} does not say: ${words}`);
  }
});
