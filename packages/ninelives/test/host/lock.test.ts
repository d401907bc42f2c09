import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import { acquireLock, lockOwner } from '../../src/host/lock.js';
import { eventually, fixture, ownProcess, temporaryFolder } from '../fixtures/host-world.js';

function holder(t: TestContext, folder: string) {
  const child = spawn(process.execPath, [fixture('lock-holder.mjs'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const id = ownProcess(t, child.pid);
  const said = once(child.stdout, 'data').then(([data]) => String(data).trim());
  return { child, id, said };
}

describe('the lock of a state folder', () => {
  it('refuses the second, naming the first, and ends with a SIGKILL of its holder', async (t) => {
    const folder = temporaryFolder(t);
    const first = holder(t, folder);
    assert.equal(await first.said, 'held');
    const second = holder(t, folder);
    const refusal = await second.said;
    assert.match(
      refusal,
      new RegExp(`in use by pid ${first.id.pid} \\(.*lock-holder.*\\), since \\d{4}-.*--state DIR`),
    );
    assert.ok('refused' in acquireLock(folder), 'a third process, this one, is refused too');
    assert.equal(lockOwner(folder)?.pid, first.id.pid);

    const ended = once(first.child, 'exit');
    first.child.kill('SIGKILL');
    await ended;
    assert.equal(lockOwner(folder), null, 'a dead holder is nobody');
    const third = holder(t, folder);
    assert.equal(await third.said, 'held');
  });

  it('can be taken again after its release, and not twice by one process', async (t) => {
    const folder = temporaryFolder(t);
    const first = acquireLock(folder);
    assert.ok('release' in first);
    assert.equal(lockOwner(folder)?.pid, process.pid);
    const again = acquireLock(folder);
    assert.ok('refused' in again && again.owner?.pid === process.pid);
    const other = holder(t, folder);
    assert.match(
      await other.said,
      new RegExp(`pid ${process.pid} `),
      'a refusal here does not drop the lock',
    );
    first.release();
    assert.equal(lockOwner(folder), null);
    const second = await eventually('the lock', () => {
      const outcome = acquireLock(folder);
      return 'release' in outcome ? outcome : null;
    });
    second.release();
  });
});
