import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { refusedByMachine } from './refused.js';

function thrownBy(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return null;
}

test('a path that can not be is the machine’s refusal and names the path; any other error is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ninelives-refused-'));
  const file = join(folder, 'a-file');
  writeFileSync(file, '');
  for (const path of [file, join(file, 'below')]) {
    const refused = refusedByMachine(thrownBy(() => mkdirSync(path, { recursive: true })));
    assert.match(refused?.message ?? '', /^the machine refuses it: E[A-Z]+: .*a-file/);
    assert.match(refused?.hint ?? '', /^ls -ld .*--state DIR/);
  }
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
    code: 'ENOSPC',
    path: '/x',
  });
  assert.match(refusedByMachine(full)?.hint ?? '', /^df -h \/x/);
  assert.equal(refusedByMachine(new TypeError('x is undefined')), null);
  rmSync(folder, { recursive: true });
});
