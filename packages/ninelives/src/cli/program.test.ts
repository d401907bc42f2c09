import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { findProgram } from './program.js';

test('a program is found as the shell finds it, and named by its absolute path', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ninelives-program-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  for (const dir of [first, second]) mkdirSync(dir);
  const file = join(second, 'serve');
  writeFileSync(file, '');
  chmodSync(file, 0o755);
  writeFileSync(join(first, 'serve'), ''); // not executable: passed over
  mkdirSync(join(first, 'other'));
  const path = `${first}:${second}`;
  assert.equal(findProgram('serve', path), file);
  assert.equal(findProgram(relative(process.cwd(), file), ''), file);
  for (const absent of ['other', 'nothing', '', './nothing']) assert.equal(findProgram(absent, path), null);
});
