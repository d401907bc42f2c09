import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, describe, it } from 'node:test';
import { isAlive } from '../../src/host/procfs/processes.js';
import { type Box, openBox, QUICK } from './box.js';

const EMBEDDER = `    embedder: {}\n${QUICK}`;

/** The real embedding model, served by `ninelives up`, harmed by hand as an operator would see it. */
describe('up heals the real embedder', () => {
  let box: Box;
  afterEach(() => box.close());

  it('heals a frozen engine while /health says 200 the whole time, with one incident and one kill', async () => {
    box = await openBox(EMBEDDER);
    box.start();
    const before = await box.untilServing();
    const engine = box.processes().find((process) => !process.main);
    assert.ok(engine, 'the embedder has an engine process');
    const health: number[] = [];
    process.kill(engine.pid, 'SIGSTOP');
    await box.until('the kill', async () => {
      const answer = await fetch(`http://127.0.0.1:${box.port}/health`).catch(() => null);
      const killed = !isAlive(engine);
      if (answer && !killed) health.push(answer.status);
      return killed;
    });
    const after = await box.untilServing();
    assert.notEqual(after.life?.incarnation.pid, before.life?.incarnation.pid);
    assert.ok(health.length > 5, 'the cheap endpoint was asked while the engine was frozen');
    assert.deepEqual([...new Set(health)], [200]);
    const incidents = await box.incidents();
    assert.equal(incidents.length, 1);
    assert.equal(incidents[0]?.status, 'resolved');
    assert.equal(incidents[0]?.kills, 1);
    assert.match(incidents[0]?.sentence ?? '', /^hung: .*\/health said 200/);
    assert.equal((await box.embed()).status, 200);
    const story = await box.run('incidents', 'show', incidents[0]?.id ?? '', '--state', box.stateDir);
    assert.match(story.stdout, /killed [\s\S]*what it was doing[\s\S]*stopped \(T\)/);
    // Without a flag: what is guarded here, on the port that the guard was given.
    const probe = await box.run('probe', '--state', box.stateDir, '--json');
    assert.equal((JSON.parse(probe.stdout) as { url: string }).url, `http://127.0.0.1:${box.port}`);
    assert.equal(probe.code, 0, probe.stdout);
  });

  it('heals a service that is frozen as a whole', async () => {
    box = await openBox(EMBEDDER);
    box.start();
    await box.untilServing();
    const tree = box.processes();
    for (const { pid } of tree) process.kill(pid, 'SIGSTOP');
    await box.until('all of the frozen tree is gone', () => tree.every((process) => !isAlive(process)));
    await box.untilServing();
    const [incident] = await box.incidents();
    assert.equal(incident?.kind, 'frozen');
    assert.equal(incident?.kills, 1);
  });

  it('clears a frozen engine that outlived its API process, and serves again without a kill of ours', async () => {
    box = await openBox(EMBEDDER);
    box.start();
    await box.untilServing();
    const [main, engine] = box.processes();
    assert.ok(main && engine);
    process.kill(engine.pid, 'SIGSTOP');
    process.kill(main.pid, 'SIGKILL');
    await box.until('the frozen orphan is gone', () => !isAlive(engine));
    const after = await box.untilServing();
    assert.notEqual(after.life?.incarnation.pid, main.pid);
    const [incident] = await box.incidents();
    assert.equal(incident?.kind, 'dead');
    assert.equal(incident?.status, 'resolved');
  });

  it('goes on after SIGKILL of the daemon in the middle of a remediation: one copy, no orphan, a true record', async () => {
    box = await openBox(EMBEDDER);
    const first = box.start();
    await box.untilServing();
    const [, engine] = box.processes();
    assert.ok(engine);
    process.kill(engine.pid, 'SIGSTOP');
    await box.until('the first failed probe', () => box.output().includes('no answer'));
    first.kill('SIGKILL');
    await once(first, 'exit');
    box.start();
    await box.until('the frozen engine is gone', () => !isAlive(engine));
    const after = await box.untilServing();
    assert.equal((await box.embed()).status, 200);
    const tree = box.processes();
    assert.equal(tree[0]?.pid, after.life?.incarnation.pid);
    const strangers = box.alive().filter((pid) => !tree.some((process) => process.pid === pid));
    assert.equal(strangers.length, 1, `only the daemon besides the tree, not ${strangers}`);
    const open = (await box.incidents()).filter((incident) => incident.status !== 'resolved');
    assert.deepEqual(open, []);
  });

  it('adopts the running service of a daemon that was killed, instead of starting a second one', async () => {
    box = await openBox(EMBEDDER);
    const first = box.start();
    const before = await box.untilServing();
    first.kill('SIGKILL');
    await once(first, 'exit');
    assert.equal((await box.embed()).status, 200, 'the service outlives its daemon');
    const second = box.start();
    await box.until('adopted', () => box.output().split('guard started').length === 3);
    const after = await box.untilServing();
    assert.deepEqual(after.life?.incarnation, before.life?.incarnation);
    second.kill('SIGTERM');
    await once(second, 'exit');
    assert.deepEqual(box.alive(), [], 'up ends what it adopted');
  });
});
