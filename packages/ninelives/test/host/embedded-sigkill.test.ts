import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import { sleep } from '../../src/host/clock.js';
import type { EmbeddedOptions } from '../../src/host/embedded/contract.js';
import { loadState } from '../../src/host/embedded/state-file.js';
import { createEmbeddedSupervisor } from '../../src/host/embedded/supervisor.js';
import type { Stat } from '../../src/host/procfs/parse.js';
import { environValue } from '../../src/host/procfs/parse.js';
import { hasEnded, isAlive, listStats, readCmdline, readEnviron } from '../../src/host/procfs/processes.js';
import { signalIfSame } from '../../src/host/signal.js';
import { serverOptions, snapshot } from '../fixtures/embedded-world.js';
import { eventually, fixture, freePort, health, ownProcess } from '../fixtures/host-world.js';

// More by hand: ROUNDS=500 SEED=1 node --test dist/test/host/embedded-sigkill.test.js
const ROUNDS = Number(process.env.ROUNDS ?? 24);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const MARK = 'NINELIVES_TEST_MARK';

/** mulberry32: a small seeded generator of numbers in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Every live process that descends from one of this test's daemons, however it came to be. */
async function marked(mark: string): Promise<Stat[]> {
  const found: Stat[] = [];
  for (const stat of listStats()) {
    if (hasEnded(stat)) continue;
    const environ = await readEnviron(stat.pid);
    if (environ !== null && environValue(environ, MARK) === mark) found.push(stat);
  }
  return found;
}

const isServer = (stat: Stat) => readCmdline(stat.pid).some((word) => word.endsWith('server.mjs'));

const fileOf = (options: EmbeddedOptions) => join(options.stateDir, 'supervisor-svc.json');
const stateOf = (options: EmbeddedOptions) =>
  existsSync(fileOf(options)) ? loadState(fileOf(options)) : null;

/**
 * Starts a daemon and kills it with SIGKILL at a random moment: while it starts a service afresh, while the one
 * that it adopted dies or freezes under it, or while nothing happens.
 */
async function loseDaemon(t: TestContext, options: EmbeddedOptions, random: () => number): Promise<void> {
  const servers = (await marked(options.env[MARK] ?? '')).filter(isServer);
  const before = stateOf(options)?.incarnations.at(-1);
  const scenario = random();
  if (scenario < 0.5) for (const server of servers) signalIfSame(server, 'SIGKILL');
  const daemon = spawn(process.execPath, [fixture('embedded-daemon.mjs'), JSON.stringify(options)], {
    stdio: 'ignore',
    env: { ...process.env, ...options.env },
  });
  ownProcess(t, daemon.pid);
  const ended = once(daemon, 'exit');
  if (scenario >= 0.5 && scenario < 0.9) {
    await sleep(random() * 150);
    for (const server of servers) signalIfSame(server, random() < 0.7 ? 'SIGKILL' : 'SIGSTOP');
  }
  if (scenario < 0.3) {
    // Aimed at the few milliseconds between the write before the spawn and the one after it.
    await eventually('a start', () => stateOf(options)?.incarnations.at(-1) !== before, 3_000, 1);
    await sleep(random() * 10);
  } else {
    // Node itself takes the first part of this to begin.
    await sleep(30 + random() * 200);
  }
  daemon.kill('SIGKILL');
  await ended;
}

describe('SIGKILL of the daemon at any moment', () => {
  it(`leaves one copy serving and no orphan (seed ${SEED}, ${ROUNDS} rounds)`, {
    timeout: 600_000,
  }, async (t) => {
    const random = seeded(SEED);
    const mark = randomUUID();
    const port = await freePort();
    const options = serverOptions(t, port, [], { env: { ...process.env, [MARK]: mark } });
    Object.assign(options.restart, { restartMs: 20, startLimitBurst: 0, stopTimeoutMs: 2_000 });
    const found = new Map<string, number>();
    t.after(async () => {
      for (const stat of await marked(mark)) signalIfSame(stat, 'SIGKILL');
    });
    for (let round = 0; round < ROUNDS; round += 1) {
      await loseDaemon(t, options, random);
      const left = stateOf(options);
      const servers = (await marked(mark)).filter(isServer);
      const moment = `${left?.phase} with ${servers.length}`;
      found.set(moment, (found.get(moment) ?? 0) + 1);
      for (const stat of servers) {
        const known = left?.main?.pid === stat.pid || left?.phase === 'activating';
        assert.ok(known, `round ${round}: a server that the state does not know: ${JSON.stringify(left)}`);
      }
      const supervisor = await createEmbeddedSupervisor(options);
      try {
        const started = await supervisor.start();
        assert.ok('main' in started, `round ${round}: ${JSON.stringify(started)}`);
        const [survivor] = servers;
        const went = `round ${round}: ${JSON.stringify({ survivor, started })}`;
        assert.ok(!survivor || (started.outcome === 'running' && survivor.pid === started.main.pid), went);
        // Frozen is adopted as it is; the guard would kill it, so do as the guard does.
        const main = (await snapshot(supervisor)).processes[0];
        if (main?.state === 'T') signalIfSame(main, 'SIGKILL');
        const answer = await eventually(`an answer in round ${round}`, () => health(port));
        const seen = await snapshot(supervisor);
        assert.equal(seen.incarnation?.pid, answer.pid);
        assert.deepEqual(seen.leftovers, []);
        const copies = await marked(mark);
        const expected = [answer.pid, ...answer.workers].sort();
        assert.deepEqual(copies.map(({ pid }) => pid).sort(), expected, `round ${round}`);
        const saved = stateOf(options);
        assert.equal(saved?.main?.pid, answer.pid);
        assert.ok(saved.main && isAlive(saved.main));
      } finally {
        await supervisor.close({ keepRunning: round < ROUNDS - 1 });
      }
    }
    assert.deepEqual(await marked(mark), []);
    t.diagnostic(`phase and copies found after the SIGKILL: ${JSON.stringify(Object.fromEntries(found))}`);
  });
});
