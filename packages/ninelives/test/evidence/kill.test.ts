import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { Command } from '../../src/evidence/collectors/command.js';
import type { Log } from '../../src/evidence/collectors/log.js';
import type { Processes } from '../../src/evidence/collectors/processes.js';
import type { StoredEvidence } from '../../src/evidence/store.js';
import { isAlive } from '../../src/host/procfs/processes.js';
import { type Box, openBox, QUICK } from '../e2e/box.js';
import { part } from './victims.js';

describe('up, before it kills', () => {
  let box: Box;
  afterEach(() => box.close());

  it('keeps what a wedged service was doing, and incidents ID shows it', async () => {
    box = await openBox(`    embedder: {}\n${QUICK}`);
    box.start();
    await box.untilServing();
    const [main, engine] = box.processes();
    assert.ok(main && engine, 'the embedder has an engine process');
    process.kill(engine.pid, 'SIGSTOP');
    await box.until('the kill', () => !isAlive(engine));
    await box.untilServing();
    const [incident] = await box.incidents();
    const id = incident?.id ?? assert.fail('no incident');
    const story = JSON.parse((await box.run('incidents', id, '--state', box.stateDir, '--json')).stdout);
    const [{ bundle } = assert.fail('no evidence')] = story.evidence as StoredEvidence[];
    const { processes } = part<Processes>(bundle, 'processes');
    assert.deepEqual(
      processes.map(({ pid, state }) => [pid, state]),
      [
        [main.pid, 'S'],
        [engine.pid, 'T'],
      ],
    );
    assert.equal(part<Command>(bundle, 'command').argv[main.pid]?.includes(String(box.port)), true);
    assert.ok(part<Log>(bundle, 'log').lines.length > 0);
    assert.ok(bundle.tookMs < 10_000, 'each collector ends at its limit, whatever the machine is doing');
    const shown = (await box.run('incidents', id, '--state', box.stateDir)).stdout;
    assert.match(shown, /what it was doing, kept before .*evidence\/.*\.json/);
    assert.match(shown, new RegExp(`pid ${engine.pid} \\(.*\\): stopped \\(T\\)`));
    const said = /gone after \d+ ms; evidence kept in \d\.\d s/;
    await box.until('it is said', () => said.test(box.output()));
  });
});
