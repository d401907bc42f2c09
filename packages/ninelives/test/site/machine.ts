import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { listStats, readStat } from '../../src/host/procfs/processes.js';
import { signalIfSame } from '../../src/host/signal.js';

/** A process on one of the machines; its output goes to a file, for whoever reads a failed run. */
export interface Running {
  pid: number;
  alive(): boolean;
  /** SIGKILL to it and to what it has started; `kill` also waits for its end. */
  end(): void;
  kill(): Promise<void>;
}

/** Starts a command in that network namespace. */
export function startIn(namespace: string, argv: string[], log: string): Running {
  const out = openSync(log, 'a');
  const child = spawn('ip', ['netns', 'exec', namespace, ...argv], { stdio: ['ignore', out, out] });
  closeSync(out);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${argv[0]} did not start in ${namespace}`);
  const ended = once(child, 'exit');
  const end = () => endTree(child, pid);
  return {
    pid,
    alive: () => isRunning(child),
    end,
    async kill() {
      end();
      await ended;
    },
  };
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** Those below first looked up by identity: once their parent is gone they would be nobody's. */
function endTree(child: ChildProcess, pid: number): void {
  const below = isRunning(child) ? descendantsOf(pid) : [];
  child.kill('SIGKILL');
  for (const id of below) signalIfSame(id, 'SIGKILL');
}

function descendantsOf(pid: number): { pid: number; startTicks: number }[] {
  const stats = listStats();
  const known = new Set([pid]);
  for (let grown = -1; grown !== known.size; ) {
    grown = known.size;
    for (const stat of stats) if (known.has(stat.ppid)) known.add(stat.pid);
  }
  known.delete(pid);
  return [...known].flatMap((each) => {
    const stat = readStat(each);
    return stat ? [{ pid: each, startTicks: stat.startTicks }] : [];
  });
}
