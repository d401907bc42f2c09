import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ROOT } from './source.js';

/** The suite must be able to fail: its own parts, run on small test files and a small repository. */
describe('the suite itself', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ninelives-suite-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    return join(folder, path);
  };
  const node = (args: string[], more: { [name: string]: string } = {}) => {
    // A test runner that finds itself inside another one reports to that instead.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    return spawnSync(process.execPath, args, { cwd: folder, env: { ...env, ...more }, encoding: 'utf8' });
  };
  const runTests = (flags: string[], env: { [name: string]: string }, ...files: string[]) =>
    node(
      [
        ...flags,
        '--test',
        `--test-reporter=${join(ROOT, 'scripts/reporter.mjs')}`,
        '--test-reporter-destination=stdout',
        ...files,
      ],
      env,
    );

  it('says what failed and why, and closes with the counts that CI reads', () => {
    const good = write('good.test.mjs', "import test from 'node:test'; test('fine', () => {});");
    const bad = write(
      'bad.test.mjs',
      "import test from 'node:test'; test('broken', () => { throw new Error('because'); });",
    );
    const { status, stdout } = runTests([], {}, good, bad);
    assert.equal(status, 1);
    assert.match(stdout, /FAIL bad\.test\.mjs: broken\n +Error: because/);
    assert.match(stdout, /ok {3}good\.test\.mjs: 1 passed/);
    assert.match(stdout, /\n# tests 2\n[\s\S]*# pass 1\n# fail 1\n/);
  });

  it('a file that can not even be loaded is a failure', () => {
    const { status, stdout } = runTests([], {}, write('gone.test.mjs', "import './absent.mjs';"));
    assert.equal(status, 1);
    assert.match(stdout, /FAIL gone\.test\.mjs/);
    assert.match(stdout, /# fail 1\n/);
  });

  it('a file that does not end although its tests have is a failure, and what it left open is named', () => {
    const left =
      "const test = (await import('node:test')).default; test('fine', () => { setInterval(() => {}, 1e3); });";
    const leftover = `--import=${join(ROOT, 'scripts/leftover.mjs')}`;
    const env = { NINELIVES_TEST_END_MS: '500' };
    const { status, stdout } = runTests([leftover], env, write('left.test.mjs', left));
    assert.equal(status, 1);
    assert.match(stdout, /all tests of this file have ended.*left open: Timeout/);
    const closed = write('closed.test.mjs', "import test from 'node:test'; test('fine', () => {});");
    assert.equal(runTests([leftover], env, closed).status, 0);
  });

  it('a skip is named with its reason', () => {
    const { status, stdout } = runTests(
      [],
      {},
      write(
        'some.test.mjs',
        "import test from 'node:test'; test('elsewhere', { skip: 'no moon' }, () => {});",
      ),
    );
    assert.equal(status, 0);
    assert.match(stdout, /skipped elsewhere: no moon/);
  });

  it('a compiled test whose source is gone does not go on running', () => {
    const stale = write('packages/a/dist/test/old.test.js', '');
    const kept = write('packages/a/dist/test/new.test.js', '');
    write('packages/a/test/new.test.ts', '');
    write('packages/a/tsconfig.json', '{}');
    write('node_modules/typescript/bin/tsc', ''); // a compiler that does nothing
    const build = join(ROOT, 'scripts/build.mjs');
    const { status, stderr } = node([
      '--input-type=module',
      '-e',
      `import { existsSync } from 'node:fs';
       const { build } = await import(${JSON.stringify(build)});
       const errors = await build(${JSON.stringify(folder)}, { tests: true });
       if (errors || existsSync(${JSON.stringify(stale)}) || !existsSync(${JSON.stringify(kept)})) process.exit(9);`,
    ]);
    assert.equal(status, 0, stderr);
  });

  it('an unknown command is a usage error', () => {
    const { status, stderr } = node([join(ROOT, 'scripts/bootstrap.mjs'), 'tset']);
    assert.equal(status, 2);
    assert.match(stderr, /usage: npm run start \| demo/);
  });
});
