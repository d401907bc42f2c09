import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { bootId, monotonicMs, sleep } from '../../src/host/clock.js';
import { createKillPorts, performKill } from '../../src/host/kill.js';
import { createPortLookup } from '../../src/host/procfs/listeners.js';
import {
  ignoresTerm,
  isAlive,
  listStats,
  readCgroup,
  readCmdline,
  readEnviron,
  readExe,
  readStat,
  readUnits,
  sampleOf,
  selfAndAncestors,
} from '../../src/host/procfs/processes.js';
import { eventually, freePort, ownProcess } from '../fixtures/host-world.js';

const run = promisify(execFile);
const uid = process.getuid?.() ?? -1;
const distHost = new URL('../../src/host/', import.meta.url).href;

describe('clocks', () => {
  it('give one monotonic time to every process of the boot', async () => {
    const script = `import(${JSON.stringify(`${distHost}clock.js`)}).then((c) => console.log(c.monotonicMs(), c.bootId()))`;
    const beforeMs = monotonicMs();
    const { stdout } = await run(process.execPath, ['-e', script]);
    const [theirs, boot] = stdout.trim().split(' ');
    assert.ok(beforeMs <= Number(theirs) && Number(theirs) <= monotonicMs(), stdout);
    assert.equal(boot, bootId());
  });

  it('end a sleep early and quietly when aborted', async () => {
    const stop = new AbortController();
    const sleeping = sleep(3_600_000, stop.signal);
    stop.abort();
    await sleeping;
    await sleep(3_600_000, stop.signal);
  });
});

describe('processes', () => {
  it('are read as they are', async () => {
    const stat = readStat(process.pid);
    assert.equal(stat?.ppid, process.ppid);
    assert.ok(listStats().some((other) => other.pid === process.pid));
    assert.deepEqual(readCmdline(process.pid)[0], process.argv0);
    assert.equal(readExe(process.pid), process.execPath);
    assert.match(readCgroup(process.pid) ?? '/', /^\//);
    assert.ok((await readEnviron(process.pid))?.includes('PATH='));
    assert.ok(selfAndAncestors(process.pid).has(process.ppid) && selfAndAncestors(process.pid).has(1));
    assert.equal(readStat(2 ** 22 + 1), null);
  });

  it('tell whether they ignore SIGTERM', async (t) => {
    const child = spawn('/bin/sh', ['-c', 'trap "" TERM; exec sleep 600'], { stdio: 'ignore' });
    const id = ownProcess(t, child.pid);
    await eventually('it ignores SIGTERM', () => ignoresTerm(id.pid));
    assert.equal(ignoresTerm(process.pid), false);
    assert.equal(ignoresTerm(2 ** 22 + 1), false);
  });

  it('are sampled: CPU time and memory move when the process does', async () => {
    const units = readUnits();
    const sample = () => {
      const stat = readStat(process.pid);
      assert.ok(stat);
      return sampleOf(stat, units, true);
    };
    const before = sample();
    assert.ok(before.rssBytes > 10 * 1024 * 1024, `${before.rssBytes} bytes`);
    await eventually('100 ms of CPU time', () => {
      for (let i = 0; i < 1e6; i += 1) Math.sqrt(i);
      return sample().cpuMs >= before.cpuMs + 100;
    });
    assert.ok(sample().ioBytes > before.ioBytes);
  });

  it('that cannot be looked at are not taken for gone', async () => {
    // Uses up all descriptors of a process of its own, then asks it whether its parent lives.
    const script = `
      const { isAlive, readStat } = await import(${JSON.stringify(`${distHost}procfs/processes.js`)});
      const { openSync } = await import('node:fs');
      const { startTicks } = readStat(process.ppid);
      try { for (;;) openSync('/dev/null'); } catch {}
      try { console.log(isAlive({ pid: process.ppid, startTicks })); } catch (error) { console.log(error.code); }`;
    const limited = `ulimit -n 64; exec "$0" --input-type=module -e "$1"`;
    const { stdout } = await run('bash', ['-c', limited, process.execPath, script]);
    assert.equal(stdout.trim(), 'EMFILE');
  });
});

describe('a process whose first thread has ended, while another lives on', () => {
  // What a process stuck in a driver looks like after SIGKILL, too: its first thread is a zombie at once.
  const script = [
    'import ctypes, socket, threading, time',
    's = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(); print(s.getsockname()[1], flush=True)',
    'threading.Thread(target=lambda: time.sleep(60)).start()',
    'ctypes.CDLL(None).pthread_exit(None)',
  ].join('\n');
  const python = spawnSync('python3', ['-c', 'import ctypes']).status === 0;

  it('is alive: it holds its port, its environment and can be killed', {
    skip: !python && 'needs python3',
  }, async (t) => {
    const child = spawn('python3', ['-c', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NINELIVES_TEST_MARK: 'x' },
    });
    const id = ownProcess(t, child.pid);
    const port = Number(String((await once(child.stdout, 'data'))[0]));
    await eventually('the end of its first thread', () => readStat(id.pid)?.state === 'Z');
    assert.equal(isAlive(id), true);
    assert.ok((await readEnviron(id.pid))?.includes('NINELIVES_TEST_MARK=x'));
    const lookup = createPortLookup(uid, monotonicMs);
    for (let again = 0; again < 2; again += 1) {
      assert.equal(lookup.holders(port, [])?.[0]?.process?.pid, id.pid);
    }
    const incarnation = { ...id, bootId: bootId(), invocation: 'x' };
    const rest = { id: 'k', service: 's', incidentId: 'i', reason: '', atMs: 0, wallMs: 0 };
    const intent = { ...rest, incarnation, what: 'incarnation' as const, targets: [id] };
    assert.equal((await performKill(intent, createKillPorts())).outcome, 'killed');
    assert.equal(isAlive(id), false);
    assert.deepEqual(lookup.holders(port, []), []);
  });
});

describe('the owner of a port', () => {
  it('is found while it listens, and no longer', async (t) => {
    const lookup = createPortLookup(uid, monotonicMs);
    const port = await freePort();
    assert.deepEqual(lookup.holders(port, []), []);
    for (const host of ['127.0.0.1', '::1']) {
      const server = createServer().listen(port, host);
      t.after(() => server.close());
      await new Promise((resolve) => server.once('listening', resolve));
      for (let again = 0; again < 2; again += 1) {
        const [holder] = lookup.holders(port, []) ?? [];
        assert.equal(holder?.process?.pid, process.pid, host);
        assert.equal(holder?.uid, uid);
      }
      await new Promise((resolve) => server.close(resolve));
      assert.deepEqual(lookup.holders(port, []), []);
    }
  });

  it('is named by its uid where we may not look', async (t) => {
    const server = createServer().listen(0, '127.0.0.1');
    t.after(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const stranger = createPortLookup(uid + 1, monotonicMs);
    assert.deepEqual(stranger.holders(port, []), [{ process: null, uid }]);
  });
});
