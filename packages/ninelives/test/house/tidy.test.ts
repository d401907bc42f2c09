import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { bannedCalls } from './banned.js';
import { codeOnly, filesUnder, ROOT, type SourceFile, shippedSources } from './source.js';

/**
 * What neither Biome nor dependency-cruiser can say. Each rule is a function from a file to complaints, and each has
 * a line that breaks it, so that a rule which no longer looks is noticed.
 */

const VAGUE = /^(index|utils?|helpers?|common|shared|misc|manager|check|lib)\b|-(utils?|helpers?|manager)\b/;

function vagueName({ path }: SourceFile): string[] {
  return VAGUE.test(basename(path)) ? [`${path}: name it after the one thing that it does`] : [];
}

/** `let` and `var` at the left margin live as long as the process, and are shared by everybody in it. */
function moduleState({ path, text }: SourceFile): string[] {
  if (basename(path) === 'main.ts') return []; // it is the process
  const found = codeOnly(text).match(/^(export )?(let|var) \w+/gm) ?? [];
  return found.map((line) => `${path}: ${line}: module state; give it an owner`);
}

function leftOver({ path, text }: SourceFile): string[] {
  const found = text.match(/\b(TODO|FIXME|XXX|HACK)\b/g) ?? [];
  return found.map((word) => `${path}: ${word}: do it, or file an issue and say what it will change`);
}

/** Folders of one person's machine, and hosts that only some network reaches. */
const FOREIGN =
  /(?<![\w.])\/(work|root|Users\/\w+|home\/(?!jc\b)\w+)\/|\bregistry\.[a-z]+\.(org|com)\b|\b(npmmirror|verdaccio)\b/;

function foreignPath({ path, text }: SourceFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    const found = FOREIGN.exec(line)?.[0];
    return found === undefined ? [] : [`${path}:${index + 1}: ${found}: works on one machine only`];
  });
}

const TEXT = /\.(ts|mjs|cjs|js|json|md|ya?ml|html|css|service|sh)$|^\.(ci\/run|npmrc)$/;
const everyText = () =>
  filesUnder(
    '.',
    (path) => TEXT.test(path) && path !== 'package-lock.json' && !path.includes('/test/house/'),
  );
const complaints = (files: SourceFile[], rule: (file: SourceFile) => string[]) => files.flatMap(rule);
const broken = (rule: (file: SourceFile) => string[], path: string, text: string) =>
  rule({ path, text }).length;

describe('house rules', () => {
  it('no hidden time, chance or environment', () => {
    assert.deepEqual(complaints(shippedSources(), bannedCalls), []);
    const core = 'packages/ninelives/src/core/a.ts';
    const calls = ['Date.now()', 'new Date()', 'performance.now()', 'Math.random()', 'crypto.randomUUID()'];
    calls.push(
      'setTimeout(f, 1)',
      'setInterval(f, 1)',
      'console.log(1)',
      'process.env.HOME',
      'process.exit(1)',
    );
    for (const call of calls) assert.equal(broken(bannedCalls, core, `const a = ${call};`), 1, call);
    assert.equal(
      broken(bannedCalls, core, "// Date.now()\nconst a = 'Math.random()'; const b = new Date(5);"),
      0,
    );
    assert.equal(broken(bannedCalls, 'packages/ninelives/src/host/a.ts', 'const a = Date.now();'), 0);
  });

  it('no vague file names, no barrels', () => {
    assert.deepEqual(complaints(shippedSources(), vagueName), []);
    for (const name of ['utils.ts', 'index.ts', 'string-helpers.ts', 'manager.ts', 'common.test.ts']) {
      assert.equal(broken(vagueName, `packages/ninelives/src/core/${name}`, ''), 1, name);
    }
    assert.equal(broken(vagueName, 'packages/ninelives/src/core/commonplace.ts', ''), 0);
  });

  it('no module-level mutable state', () => {
    assert.deepEqual(complaints(shippedSources(), moduleState), []);
    assert.equal(broken(moduleState, 'a.ts', 'export let last = 0;\n'), 1);
    assert.equal(broken(moduleState, 'a.ts', 'function f() {\n  let last = 0;\n}\n'), 0);
  });

  it('nothing left over', () => {
    assert.deepEqual(complaints(everyText(), leftOver), []);
    assert.equal(broken(leftOver, 'a.ts', '// TODO later\n'), 1);
  });

  it('no path or host of one machine', () => {
    assert.deepEqual(complaints(everyText(), foreignPath), []);
    // In pieces, so that this file holds none of them itself.
    const texts = ['/work', "'/root/.cache'", 'https://registry.npmjs', '/home'].map(
      (start, nth) => start + ['/main/x', '', '.org/x', '/alice/x'][nth],
    );
    for (const text of texts) {
      assert.equal(broken(foreignPath, 'a.md', text), 1, text);
    }
    for (const text of ['https://example.com/work/x', '/home/jc/ninelives', './root/']) {
      assert.equal(broken(foreignPath, 'a.md', text), 0, text);
    }
  });
});

/** Where each promise must be found by its id. I9 and the gateway come together. */
const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9', 'I10', 'I11', 'L1'];
const hasGateway = existsSync(join(ROOT, 'packages/ninelives/src/gateway'));

function without(ids: string[], text: string): string[] {
  return ids.filter((id) => !new RegExp(`\\b${id}\\b`).test(text));
}

describe('invariants', () => {
  const built = INVARIANTS.filter((id) => id !== 'I9' || hasGateway);
  const joined = (files: SourceFile[]) => files.map(({ text }) => text).join('\n');

  it('each is named in DESIGN.md', () => {
    assert.deepEqual(without(INVARIANTS, readFileSync(join(ROOT, 'DESIGN.md'), 'utf8')), []);
    assert.deepEqual(without(['I1', 'I11'], 'only I11 here'), ['I1']);
  });

  it('each that is about a single step is an assert in the shipped code', () => {
    const code = joined(shippedSources());
    const asserted = built.filter((id) => !['I9', 'I10', 'L1'].includes(id));
    assert.deepEqual(
      asserted.filter((id) => !code.includes(`'${id}'`)),
      [],
    );
  });

  it('each is a check of the simulation', () => {
    const code = joined(filesUnder('packages/ninelives/test/sim', (path) => path.endsWith('.ts')));
    assert.deepEqual(without(built, code), []);
  });
});
