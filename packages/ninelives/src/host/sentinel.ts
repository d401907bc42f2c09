import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ProcessId } from '../core/types.js';

/** What a drill leaves behind if it dies: processes to wake. */
export interface SentinelDuty {
  /** The boot that the processes belong to. */
  bootId: string;
  undo: { signal: 'SIGCONT'; processes: ProcessId[] };
}

export interface Sentinel {
  /** The drill has undone its fault itself, or wants it undone now; resolves when the sentinel has ended. */
  release(): Promise<void>;
}

/**
 * Arms a small process of its own that undoes a freeze when we end, however we end: it waits for the end of a
 * pipe that only we hold open, and even SIGKILL closes that. To be armed *before* the fault is injected.
 * Resolves once it stands guard. A SIGCONT to a process that already runs does nothing.
 * @throws when it can't be started: then the fault must not be injected.
 */
export async function armSentinel(duty: SentinelDuty): Promise<Sentinel> {
  const entry = fileURLToPath(new URL('./sentinel-main.js', import.meta.url));
  const child = spawn(process.execPath, [entry, JSON.stringify(duty)], {
    // A session of its own: the Ctrl-C that ends the drill must not end its undo.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  // Killed before us: nothing is lost that `release` would not say.
  child.stdin.on('error', () => {});
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const early = ended.then(() => {
    throw new Error('The sentinel that undoes the drill could not be armed; nothing was injected.');
  });
  early.catch(() => {});
  const failed = once(child, 'error').then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  await Promise.race([once(child.stdout, 'data'), early, failed]);
  return {
    release() {
      child.stdin.end();
      return ended;
    },
  };
}
