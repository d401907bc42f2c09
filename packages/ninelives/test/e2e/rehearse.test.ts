import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import OpenAI from 'openai';
import { BIN, type Box, freePort, openBox, QUICK } from './box.js';

/** What `rehearse --json` prints, as far as it is looked at here. */
interface Told {
  url: string;
  passed: boolean;
  why: string[];
  strikes: { fault: string; passed: boolean }[];
  quiet: { score: number; failed: number };
  faulted: { score: number; scores: number[]; calls: number; failed: number };
}

/** The reviewer's run, and beside it the official client: real model, real gateway, real faults. */
describe('rehearse', () => {
  let box: Box;
  afterEach(() => box.close());

  it('no call fails and the score stays, through a crash and a wedge; the openai client sees nothing', async () => {
    const gatewayPort = await freePort();
    box = await openBox(`    embedder: {}\n    gateway: { port: ${gatewayPort} }\n${QUICK}`);
    box.start();
    await box.untilServing();
    const url = `http://127.0.0.1:${gatewayPort}`;
    // Its defaults: two retries of its own, and ten minutes of patience.
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none' });
    let asking = true;
    let answered = 0;
    const beside = (async () => {
      while (asking) {
        const { data } = await client.embeddings.create({
          model: 'all-MiniLM-L6-v2',
          input: `text ${answered}`,
        });
        assert.equal(data[0]?.embedding.length, 384);
        answered += 1;
      }
    })();
    const told = await rehearse(box, '--faults', 'crash,wedge', '--count', '2');
    asking = false;
    await beside;
    assert.deepEqual(told.why, []);
    assert.equal(told.passed, true);
    assert.equal(told.url, url, 'through the gateway of the running up');
    assert.deepEqual(told.strikes.map(({ fault }) => fault).sort(), ['crash', 'wedge']);
    assert.equal(told.faulted.failed, 0);
    assert.ok(told.faulted.calls > 0 && told.faulted.scores.length > 0);
    assert.ok(told.quiet.score > 85, `${told.quiet.score}`);
    assert.ok(answered > 0);
    assert.match(
      readFileSync(join(box.stateDir, 'page.html'), 'utf8'),
      /0 of \d+ calls failed through 2 faults/,
    );
  });

  it('refuses where nobody would heal it, and where it is sick, before anything is done', async () => {
    box = await openBox(`    embedder: {}\n    gateway: false\n${QUICK}`);
    const nobody = await box.run('rehearse', '--state', box.stateDir, '--faults', 'crash');
    assert.equal(nobody.code, 3);
    assert.match(nobody.stderr, /there is no record/);
    box.start();
    const { life } = await box.untilServing();
    const wrong = await box.run('rehearse', '--state', box.stateDir, '--faults', 'meteor');
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /'meteor' is no fault to rehearse with; there are wedge, freeze, crash/);
    await box.run('pause', '--state', box.stateDir);
    await box.until('paused', () => box.status()?.desired === 'paused');
    const paused = await box.run('rehearse', '--state', box.stateDir, '--faults', 'crash');
    assert.equal(paused.code, 3);
    assert.match(paused.stderr, /paused/);
    assert.deepEqual(box.status()?.life?.incarnation, life?.incarnation, 'untouched');
  });
});

async function rehearse(box: Box, ...args: string[]): Promise<Told> {
  const page = join(box.stateDir, 'page.html');
  const argv = [BIN, 'rehearse', '--state', box.stateDir, '--json', '--html', page, ...args];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => (stdout += text));
  child.stderr.on('data', (text) => (stderr += text));
  await once(child, 'close');
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as Told;
}
