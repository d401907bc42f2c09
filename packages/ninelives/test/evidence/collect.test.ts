import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { BUNDLE_CHARS_MAX } from '../../src/evidence/collect.js';
import type { Command } from '../../src/evidence/collectors/command.js';
import type { Log } from '../../src/evidence/collectors/log.js';
import type { Processes } from '../../src/evidence/collectors/processes.js';
import type { Sockets } from '../../src/evidence/collectors/sockets.js';
import type { Stacks } from '../../src/evidence/collectors/stacks.js';
import { COLLECTORS, type CollectorName } from '../../src/evidence/collectors/table.js';
import { digestOf } from '../../src/evidence/digest.js';
import { type Collector, isAbsent } from '../../src/evidence/evidence.js';
import { listStats, readStat } from '../../src/host/procfs/processes.js';
import type { Absent } from '../../src/host/program.js';
import { eventually, ownProcess, temporaryFolder } from '../fixtures/host-world.js';
import { collect, part, running, STUBBORN, tool, victim } from './victims.js';

const READY = `console.log('ready')`;

describe('evidence of real processes', () => {
  it('shows that a process is stopped, and does not send a debugger there', async (t) => {
    const frozen = await victim(t, READY);
    frozen.child.kill('SIGSTOP');
    await eventually('state T', () => readStat(frozen.id.pid)?.state === 'T');
    const bundle = await collect([frozen], { path: process.env.PATH ?? '' });
    const [process_] = part<Processes>(bundle, 'processes').processes;
    assert.equal(process_?.state, 'T');
    assert.equal(process_?.cpuMs, 0);
    assert.equal(process_?.main, true);
    assert.ok((process_?.memory.VmRSS ?? 0) > 1_000_000);
    assert.ok((process_?.descriptors ?? 0) > 2);
    assert.match(part<Absent>(bundle, 'stacks').absent, /is stopped/);
    assert.match(digestOf(bundle).join('\n'), new RegExp(`pid ${frozen.id.pid} \\(node\\): stopped \\(T\\)`));
  });

  it('tells the thread that spins from those that wait', async (t) => {
    const script = `const { Worker } = require('node:worker_threads');
      for (let i = 0; i < 20; i++) new Worker('setInterval(() => {}, 1000)', { eval: true });
      new Worker('for (;;);', { eval: true });
      ${READY}`;
    const busy = await victim(t, script);
    await eventually('all threads', async () => {
      const bundle = await collect([busy], { collectors: only('processes') });
      const [process_] = part<Processes>(bundle, 'processes').processes;
      const [busiest, ...others] = process_?.threads.groups ?? [];
      const spins = (busiest?.cpuMs ?? 0) > 0 && others.some((group) => group.state === 'S');
      return (process_?.threads.count ?? 0) > 20 && spins && (process_?.cpuMs ?? 0) > 0;
    });
  });

  it('counts clients that gave up, bytes nobody read, and connections nobody accepted', async (t) => {
    const script = `require('node:net').createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
        (globalThis.kept ??= []).push(socket);
      }).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
    const server = await victim(t, script);
    const port = Number(server.said);
    for (let n = 0; n < 2; n += 1) await client(t, port, { end: true });
    await eventually('both accepted and left', async () => {
      const bundle = await collect([server], { port, collectors: only('sockets') });
      const { onPort, unreadBytes } = part<Sockets>(bundle, 'sockets');
      return onPort['CLOSE-WAIT'] === 2 && unreadBytes === 2 * ('hello'.length + 1);
    });
    server.child.kill('SIGSTOP');
    for (let n = 0; n < 3; n += 1) await client(t, port, { end: false });
    const bundle = await collect([server], { port });
    const sockets = part<Sockets>(bundle, 'sockets');
    assert.equal(sockets.waitingToBeAccepted, 3);
    assert.equal(sockets.sockets[0]?.state, 'LISTEN');
    assert.equal(sockets.sockets[0]?.pid, server.id.pid);
    assert.match(digestOf(bundle).join('\n'), /3 waiting to be accepted, .*2 CLOSE-WAIT/);
  });

  it('takes the stacks of what is not stopped, where gdb is installed', { skip: needsGdb() }, async (t) => {
    const waiting = await victim(t, READY);
    const bundle = await collect([waiting], { path: process.env.PATH ?? '' });
    const [seen] = part<Processes>(bundle, 'processes').processes;
    assert.equal(seen?.state, 'S', 'it was looked at before the debugger stopped it');
    const stacks = part<Stacks | Absent>(bundle, 'stacks');
    if (isAbsent(stacks)) return assert.match(stacks.absent, /ptrace|in time/); // what this machine permits
    assert.match(stacks.stacks[0]?.text ?? '', /Thread \d+/);
    assert.equal(readStat(waiting.id.pid)?.startTicks, waiting.id.startTicks, 'the process survives it');
  });

  it('asks py-spy for the stacks of a Python, and says where that is not permitted', {
    skip: needsPython(),
  }, async (t) => {
    const folder = temporaryFolder(t);
    const waits = 'import time; print("ready", flush=True); time.sleep(600)';
    const python = await running(t, 'python3', ['-c', waits]);
    tool(folder, 'py-spy', 'echo "asked $*"');
    const path = `${folder}:/usr/bin:/bin`;
    const { stacks } = part<Stacks>(await collect([python], { path }), 'stacks');
    const { pid } = python.id;
    assert.deepEqual(stacks, [{ pid, by: 'py-spy', text: `asked dump --pid ${pid}\n` }]);
    tool(folder, 'py-spy', 'echo "Error: Operation not permitted (os error 1)" >&2; exit 1');
    const refused = part<Absent>(await collect([python], { path }), 'stacks');
    assert.equal(refused.absent, 'py-spy is not permitted to look (ptrace)');
  });

  it('says of a process that has gone only that it has', async (t) => {
    const gone = await victim(t, READY);
    const ended = once(gone.child, 'exit');
    gone.child.kill('SIGKILL');
    await ended;
    const bundle = await collect([gone]);
    assert.deepEqual(part<Processes>(bundle, 'processes').processes, []);
    assert.equal(part<Processes>(bundle, 'processes').left, 1);
    assert.ok(isAbsent(bundle.collected.command));
  });
});

describe('a collector that hangs', () => {
  it('a tool that ignores SIGTERM is killed, and holds nobody up', async (t) => {
    const folder = temporaryFolder(t);
    tool(folder, 'nvidia-smi', STUBBORN);
    const target = await victim(t, READY);
    const bundle = await collect([target], { path: `${folder}:/usr/bin:/bin`, limitMs: 3_000 });
    assert.deepEqual(bundle.collected.gpu, { absent: 'nvidia-smi did not answer in time', hangs: true });
    assert.ok(bundle.tookMs < 30_000, `it sleeps for ever, and we took ${bundle.tookMs} ms`);
    assert.equal(part<Processes>(bundle, 'processes').processes.length, 1, 'the others are not affected');
    assert.deepEqual(
      listStats().filter(
        (stat) => stat.comm === 'nvidia-smi' && stat.ppid === process.pid && stat.state !== 'Z',
      ),
      [],
    );
  });

  it('a tool that hangs already gets no company', async (t) => {
    const folder = temporaryFolder(t);
    tool(folder, 'nvidia-smi', STUBBORN);
    const stuck = spawn(join(folder, 'nvidia-smi'), { stdio: 'ignore' });
    ownProcess(t, stuck.pid);
    await eventually('it runs', () => readStat(stuck.pid ?? 0)?.comm === 'nvidia-smi');
    const bundle = await collect([await victim(t, READY)], { path: folder });
    assert.deepEqual(bundle.collected.gpu, {
      absent: 'an earlier nvidia-smi has not ended yet',
      hangs: true,
    });
  });

  it('what never settles, throws or rejects is named, and the rest is there', async (t) => {
    const bad: { [name: string]: Collector } = {
      silent: { limitMs: 100, collect: () => new Promise(() => {}) },
      throwing: {
        limitMs: 100,
        collect: () => {
          throw new Error('thrown');
        },
      },
      rejecting: { limitMs: 100, collect: async () => Promise.reject(new Error('rejected')) },
      fine: { limitMs: 100, collect: async () => ({ found: 1 }) },
    };
    const bundle = await collect([await victim(t, READY)], { collectors: bad });
    assert.deepEqual(bundle.collected, {
      silent: { absent: 'nothing within 100 ms' },
      throwing: { absent: 'thrown' },
      rejecting: { absent: 'rejected' },
      fine: { found: 1 },
    });
  });

  it('holds nobody up beyond the limit for all together, however long its own is', async (t) => {
    const never: Collector = { limitMs: 3_600_000, collect: () => new Promise(() => {}) };
    const collectors = { first: never, second: { ...never, after: 'first' } };
    const { collected } = await collect([await victim(t, READY)], { collectors, limitMs: 200 });
    const said = (name: string) => (collected[name] as Absent).absent;
    assert.ok(Number(/^nothing within (\d+) ms$/.exec(said('first'))?.[1]) <= 200, said('first'));
    assert.equal(said('second'), 'no time was left for it');
  });

  it('ends at once when the guard is told to', async (t) => {
    const silent: Collector = { limitMs: 60_000, collect: () => new Promise(() => {}) };
    const told = AbortSignal.timeout(50);
    const bundle = await collect([await victim(t, READY)], {
      collectors: { silent },
      limitMs: 60_000,
      signal: told,
    });
    assert.deepEqual(bundle.collected.silent, { absent: 'the guard was told to end' });
  });
});

describe('what is kept', () => {
  it('no secret of the environment, the command line or the config, wherever it turns up', async (t) => {
    const folder = temporaryFolder(t);
    const logFile = join(folder, 'out.log');
    const [token, key, bearer] = ['tok-3f9a1b77c2', 'key-88d1e2aa90', 'bearer-5c0ffee123'];
    writeFileSync(
      logFile,
      `downloading with ${token}\nasked with ${bearer} at https://jc:hunter22@hub.example/\n`,
    );
    const argv = ['--', '--api-key', key];
    const target = await victim(t, READY, { argv, env: { HF_TOKEN: token, MODEL: 'all-MiniLM' } });
    const bundle = await collect([target], { logFile, secrets: [bearer] });
    const text = JSON.stringify(bundle);
    for (const secret of [token, key, bearer, 'hunter22']) assert.ok(!text.includes(secret), secret);
    const { environment, argv: words } = part<Command>(bundle, 'command');
    assert.equal(environment.HF_TOKEN, '[redacted]');
    assert.equal(environment.MODEL, 'all-MiniLM');
    assert.deepEqual(words[target.id.pid]?.slice(-2), ['--api-key', '[redacted]']);
    assert.match(part<Log>(bundle, 'log').lines[0] ?? '', /^downloading with \[redacted\]$/);
  });

  it('the end of a long log, whole lines only', async (t) => {
    const logFile = join(temporaryFolder(t), 'out.log');
    writeFileSync(logFile, Array.from({ length: 50_000 }, (_, n) => `line ${n}\n`).join(''));
    const bundle = await collect([await victim(t, READY)], { logFile, collectors: only('log') });
    const { lines } = part<Log>(bundle, 'log');
    assert.equal(lines.at(-1), 'line 49999');
    assert.match(lines[0] ?? '', /^line \d{5}$/);
    assert.ok(lines.join('\n').length < 33_000);
  });

  it('no more than 256 KiB, the last of the table going first', async (t) => {
    const large = (chars: number): Collector => ({
      limitMs: 1_000,
      collect: async () => ({ text: 'x'.repeat(chars) }),
    });
    const collectors = { small: large(10), wide: large(200_000), late: large(100_000) };
    const bundle = await collect([await victim(t, READY)], { collectors });
    assert.ok(JSON.stringify(bundle).length <= BUNDLE_CHARS_MAX);
    assert.equal(part<{ text: string }>(bundle, 'wide').text.length, 200_000);
    assert.deepEqual(bundle.collected.late, { absent: 'left out: 98 KiB is too much' });
  });
});

function only(name: CollectorName): { [name: string]: Collector } {
  return { [name]: COLLECTORS[name] };
}

async function client(t: TestContext, port: number, { end }: { end: boolean }): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {}); // its server is killed at the end
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  if (end) socket.end('hello');
}

function needsPython(): string | false {
  return spawnSync('python3', ['--version']).status === 0 ? false : 'needs python3';
}

function needsGdb(): string | false {
  const folders = (process.env.PATH ?? '').split(':');
  return folders.some((folder) => existsSync(join(folder, 'gdb'))) ? false : 'needs gdb';
}
