import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process of Node that is killed and started again, as often as a test likes. */
export function mortal(argv: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  const alive: ChildProcess[] = [];
  return {
    live(): void {
      alive.push(spawn(process.execPath, argv, { ...options, stdio: ['ignore', 'ignore', 'inherit'] }));
    },
    /** SIGKILL; whoever ended before it, by itself, fails the test. */
    async die(): Promise<void> {
      for (const child of alive.splice(0)) {
        const exited = once(child, 'exit');
        const { exitCode } = child;
        assert.equal(exitCode, null, `it ended by itself (exit status ${exitCode})`);
        child.kill('SIGKILL');
        const [status, signal] = await exited;
        assert.equal(signal, 'SIGKILL', `it ended by itself (exit status ${status})`);
      }
    },
  };
}

export async function until(what: () => boolean, label: string): Promise<void> {
  for (let turn = 0; turn < 6_000 && !what(); turn += 1) await sleep(10);
  assert.ok(what(), label);
}
