import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { sleep } from './clock.js';
import { listStats } from './procfs/processes.js';

/** After SIGKILL a process is gone at once, or hangs in a driver. */
const REAP_MS = 100;

/** Why there is nothing, in a few words: "py-spy is not installed". */
export interface Absent {
  absent: string;
  /** It was started and did not end in time. */
  hangs?: boolean;
}

/** What it printed, and how it ended: an exit code, or null after a signal. */
export interface ProgramOutput {
  text: string;
  code: number | null;
}

/**
 * Runs a tool to its end, or ends it with SIGKILL: it may ignore SIGTERM. One that even then does not end (nvidia-smi
 * in a driver that hangs) is left alone, and no second one is started beside it. Never throws, and settles
 * REAP_MS after `signal` at the latest.
 */
export async function runProgram(
  name: string,
  args: readonly string[],
  options: { path: string; maxBytes: number; signal: AbortSignal },
): Promise<ProgramOutput | Absent> {
  const file = findProgram(name, options.path);
  if (file === null) return { absent: `${name} is not installed` };
  if (isStuck(name)) return { absent: `an earlier ${name} has not ended yet`, hangs: true };
  if (options.signal.aborted) return { absent: 'no time left' };
  const child = spawn(file, args, {
    // A bare environment: nothing of ours leaks into it, and nothing of ours makes it ask the network.
    env: { PATH: options.path, LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  // First of all: out of descriptors there are no streams, and an error that nobody hears ends the guard.
  const ended = new Promise<ProgramOutput | Absent>((resolve) => {
    child.on('error', (error) => resolve({ absent: `${name}: ${error.message}` }));
    // Not 'exit': its last words may still be in the pipe.
    child.on('close', (code) => resolve({ text, code }));
  });
  const streams = [child.stdout, child.stderr].filter(Boolean);
  for (const stream of streams) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      if (text.length < options.maxBytes) text = (text + chunk).slice(0, options.maxBytes);
    });
    stream.on('error', () => {}); // closed by us
  }
  const over = new AbortController();
  try {
    const limit = sleep(2 ** 30, AbortSignal.any([options.signal, over.signal]));
    const done = await Promise.race([ended, limit.then(() => null)]);
    if (done) return done;
    child.kill('SIGKILL');
    const gone = await Promise.race([ended, sleep(REAP_MS, over.signal).then(() => null)]);
    if (gone) return { absent: `${name} did not answer in time`, hangs: true };
    return { absent: `${name} did not answer in time, and outlives SIGKILL: left alone`, hangs: true };
  } finally {
    over.abort();
    // Whatever it left behind with our pipes open must not keep us.
    for (const stream of streams) stream.destroy();
    child.unref();
  }
}

/** Its file on the search path, or null. */
export function findProgram(name: string, path: string): string | null {
  for (const folder of path.split(delimiter)) {
    if (!folder.startsWith('/')) continue;
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // Not here.
    }
  }
  return null;
}

/** Is one of this name running that we started, or that hangs in the kernel (an earlier guard's)? */
function isStuck(name: string): boolean {
  const comm = basename(name).slice(0, 15);
  return listStats().some(
    (stat) => stat.comm === comm && (stat.state === 'D' || (stat.ppid === process.pid && stat.state !== 'Z')),
  );
}
