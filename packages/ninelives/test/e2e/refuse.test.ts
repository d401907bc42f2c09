import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../../src/host/procfs/processes.js';
import { type Box, FIXTURE_SERVER, openBox, QUICK } from './box.js';

const WORK = `
    probe:
      kind: http
      path: /work
      every: 300ms
      deadline: { min: 1s, max: 3s }
    guard:
      confirm: 100ms
`;
const server = (flags: string) =>
  `    command: [${JSON.stringify(process.execPath)}, ${JSON.stringify(FIXTURE_SERVER)}, --port, "PORT"${flags}]\n`;

/** What the guard must not do, and what it says instead. */
describe('up spares, refuses and hands over', () => {
  let box: Box;
  afterEach(() => box.close());

  it('never kills a service that is still loading', async () => {
    box = await openBox(`${server(', --load-ms, "8000"')}${WORK}`);
    box.start();
    await box.until('loading is seen', () => box.status()?.verdict.kind === 'loading');
    const loading = box.processes()[0];
    const status = await box.untilServing();
    assert.equal(
      status.life?.incarnation.pid,
      loading?.pid,
      'the process that loaded is the one that serves',
    );
    assert.deepEqual(await box.incidents(), []);
  });

  it('ends failed, without a busy loop and with a page, when the service crashes at once', async () => {
    const pages = `notify:\n  - name: file\n    command: [tee, -a, pages.jsonl]\n`;
    box = await openBox(`${server(', --exit, "3"')}${WORK}`, pages);
    box.start();
    const pageFile = join(box.stateDir, 'pages.jsonl');
    const status = await box.until('escalated', () => {
      const seen = box.status();
      return seen?.incident?.status === 'escalated' && seen;
    });
    assert.equal(status.unit?.phase, 'failed');
    assert.ok((status.unit?.restarts ?? 99) <= 5, 'no more starts than the limit allows');
    const before = box.status()?.unit?.restarts;
    await sleep(1_500);
    assert.equal(box.status()?.unit?.restarts, before, 'failed means: nobody tries again');
    const page = await box.until('the page', () => {
      try {
        return readFileSync(pageFile, 'utf8');
      } catch {
        return null;
      }
    });
    assert.match(page, /svc/);
    assert.match(page, /ninelives up/);
  });

  it('watches and does not kill while paused; kills after resume', async () => {
    box = await openBox(`    embedder: {}\n${QUICK}`);
    box.start();
    await box.untilServing();
    assert.equal((await box.run('pause', '--state', box.stateDir)).code, 0);
    assert.equal(box.status()?.desired, 'paused');
    const [, engine] = box.processes();
    assert.ok(engine);
    process.kill(engine.pid, 'SIGSTOP');
    await box.until('the hang is seen', () => box.status()?.verdict.kind === 'hung');
    assert.ok(isAlive(engine), 'nothing was killed while paused');
    assert.deepEqual(await box.incidents(), []);
    assert.equal((await box.run('resume', '--state', box.stateDir)).code, 0);
    await box.until('killed', () => !isAlive(engine));
    await box.untilServing();
  });

  it('refuses a second up on one state folder, and names the first', async () => {
    box = await openBox(`${server('')}${WORK}`);
    const first = box.start();
    await box.untilServing();
    const config = join(box.stateDir, 'ninelives.yaml');
    const second = await box.run('up', '--state', box.stateDir, '--config', config);
    assert.equal(second.code, 3);
    assert.match(second.stderr, new RegExp(`in use by pid ${first.pid}`));
    assert.equal(box.status()?.verdict.kind, 'serving');
  });

  it('refuses a port that somebody else holds, names the owner, and starts nothing', async () => {
    box = await openBox(`${server('')}${WORK}`);
    box.start();
    await box.untilServing();
    const other = await openBox(`${server('')}${WORK}`);
    try {
      const flags = ['--port', String(box.port), '--no-gateway', '--no-dashboard'];
      const refused = await box.run('up', '--state', other.stateDir, ...flags);
      assert.equal(refused.code, 3);
      assert.match(
        refused.stderr,
        new RegExp(`port ${box.port} is in use by pid ${box.processes()[0]?.pid} `),
      );
      assert.match(refused.stderr, /next: .*--port/);
      const config = ['--config', join(other.stateDir, 'ninelives.yaml'), '--state', other.stateDir];
      const unseen = await box.run('up', ...config, '--dashboard-port', String(box.port));
      assert.equal(unseen.code, 3);
      const why = `the dashboard can't listen: port ${box.port} is in use by pid ${box.processes()[0]?.pid} `;
      assert.ok(unseen.stderr.includes(why), unseen.stderr);
      assert.match(unseen.stderr, /next: --dashboard-port N, or --no-dashboard/);
      assert.deepEqual(other.alive(), [], 'nothing was started');
    } finally {
      await other.close();
    }
  });

  it('guard --once heals a wedge in one pass and leaves the service running', async () => {
    box = await openBox(`    embedder: {}\n${QUICK}`);
    const daemon = box.start();
    await box.untilServing();
    daemon.kill('SIGKILL');
    const [, engine] = box.processes();
    assert.ok(engine);
    process.kill(engine.pid, 'SIGSTOP');
    const config = join(box.stateDir, 'ninelives.yaml');
    const pass = await box.run('guard', '--once', '--state', box.stateDir, '--config', config);
    assert.equal(pass.code, 0, pass.stdout + pass.stderr);
    assert.ok(!isAlive(engine));
    assert.equal((await box.embed()).status, 200, 'it serves after the pass has ended');
    assert.equal((await box.incidents())[0]?.kills, 1);
  });
});
