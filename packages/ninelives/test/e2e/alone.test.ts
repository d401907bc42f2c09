import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort } from './box.js';

const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url));

/** The tool as somebody installs it who guards a server of their own: with its dependencies, without the embedder. */
describe('ninelives without the embedder', () => {
  let home: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), 'ninelives-alone-'));
    for (const part of ['bin', 'package.json', 'dist/src']) {
      cpSync(join(PACKAGE, part), join(home, part), { recursive: true });
    }
    const { dependencies } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
      dependencies: { [name: string]: string };
    };
    for (const name of Object.keys(dependencies)) link(name, home);
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  it('says which package serves the built-in model, and starts nothing', async () => {
    const port = String(await freePort());
    const { code, stderr } = await run(home, [
      'up',
      '--port',
      port,
      '--no-gateway',
      '--no-dashboard',
      '--state',
      join(home, 'state'),
    ]);
    assert.equal(code, 3);
    assert.match(stderr, /@ninelives\/embedder, which is not installed/);
    assert.match(stderr, /next: npm install @ninelives\/embedder/);
  });

  it('says what install would do as one object, and does none of it', async () => {
    const state = join(home, 'untouched');
    const unit = ['--unit', 'mteb-serving', '--url', 'http://127.0.0.1:8088', '--state', state];
    const { code, stdout, stderr } = await run(home, ['install', '--cron', '--print', '--json', ...unit]);
    assert.equal(code, 0, stderr);
    const said = JSON.parse(stdout) as { installed: boolean; steps: { type: string; line: string }[] };
    assert.equal(said.installed, false);
    assert.match(
      said.steps[0]?.line ?? '',
      /^\*\/2 .* guard --once --unit mteb-serving .*# ninelives guard$/,
    );
    assert.ok(!existsSync(state));
  });

  it('has no inference runtime among its dependencies, and works for any other server', async () => {
    const url = `http://127.0.0.1:${await freePort()}`; // nobody is there any more
    const { code, stdout } = await run(home, ['probe', '--url', url, '--json']);
    assert.equal(code, 1);
    assert.equal((JSON.parse(stdout) as { reason: string }).reason, 'refused');
  });
});

function link(name: string, home: string): void {
  const manifest = createRequire(join(PACKAGE, 'package.json')).resolve.paths(name) ?? [];
  const folder = manifest.map((dir) => join(dir, name)).find((dir) => isFolder(dir));
  assert.ok(folder, `${name} is installed`);
  const target = join(home, 'node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync(folder, target);
}

function isFolder(dir: string): boolean {
  try {
    return readFileSync(join(dir, 'package.json')).length > 0;
  } catch {
    return false;
  }
}

function run(home: string, args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const bin = join(home, 'bin', 'ninelives.js');
    execFile(process.execPath, [bin, ...args], { cwd: home, timeout: 180_000 }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });
}
