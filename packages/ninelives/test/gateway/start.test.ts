import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gatewayFolder, gatewaySocket } from '../../src/gateway/place.js';
import { LIMIT_MS, openGateway } from './stage.js';

const BIN = fileURLToPath(new URL('../../../bin/ninelives.js', import.meta.url));

/** `ninelives gateway ARGS` until it ends by itself. */
function gateway(...args: string[]): Promise<{ code: unknown; said: string }> {
  return new Promise((done) => {
    const argv = [BIN, 'gateway', '--upstream', 'http://127.0.0.1:1', ...args];
    execFile(process.execPath, argv, { timeout: 2 * LIMIT_MS }, (error, _, stderr) => {
      done({ code: error ? (error.code ?? error.signal) : 0, said: stderr });
    });
  });
}

it('what can not listen says which address, and ends: it must not look alive', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ninelives-start-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const owner = createServer().listen(0, '127.0.0.1');
  t.after(() => owner.close());
  await once(owner, 'listening');
  const { port } = owner.address() as { port: number };
  const state = (name: string) => join(folder, name);
  mkdirSync(gatewayFolder(state('c')), { recursive: true });
  const running = await openGateway(1, { privateSocket: gatewaySocket(state('c'), 'gateway') });
  t.after(() => running.drain(0));

  const cases: [args: string[], said: RegExp][] = [
    [['--listen', `${port}`, '--state', state('a')], /EADDRINUSE.*\n.*gateway --listen PORT/],
    [
      ['--listen', '0', '--metrics', `${port}`, '--state', state('b')],
      /EADDRINUSE.*\n.*gateway --metrics PORT/,
    ],
    [['--listen', '0', '--state', state('c')], /EADDRINUSE.*gateway\.sock\n.*--name NAME/],
    [['--listen', '0', '--state', state('d'.repeat(120))], /longer than the 107 bytes.*\n.*--state DIR/],
  ];
  const all = cases.map(async ([args, said]) => {
    const ended = await gateway(...args);
    assert.equal(ended.code, 3, ended.said);
    assert.match(ended.said, said);
  });
  await Promise.all(all);
});
