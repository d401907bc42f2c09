import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { copyFile, stat, truncate } from 'node:fs/promises';
import type { ProcessId } from '../../core/types.js';
import { readStat } from '../procfs/processes.js';
import type { Exit } from './semantics.js';
import { INCARNATION_VARIABLE } from './tree.js';

export interface LaunchSpec {
  argv: readonly string[];
  cwd: string | null;
  env: { [name: string]: string | undefined };
  logFile: string;
}

/** A running main process that is our own child. */
export interface Launched {
  id: ProcessId;
  ended: Promise<Exit>;
  /** Lets our process end while the child lives on. */
  release(): void;
}

/**
 * Starts the command in a session of its own (a Ctrl-C in our terminal must not reach it), its output appended
 * to a file: a pipe would end with the daemon, and the service with the pipe.
 */
export async function launch(
  spec: LaunchSpec,
  incarnation: string,
): Promise<Launched | { failed: Exit & { type: 'not-started' } }> {
  const [program = '', ...args] = spec.argv;
  const log = openLog(spec.logFile);
  try {
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...spec.env, [INCARNATION_VARIABLE]: incarnation },
      ...(spec.cwd === null ? {} : { cwd: spec.cwd }),
    });
    const ended = new Promise<Exit>((resolve) => {
      child.once('error', (error) => resolve({ type: 'not-started', why: error.message }));
      child.once('exit', (code, signal) => {
        resolve(signal === null ? { type: 'exit', code: code ?? 0 } : { type: 'signal', signal });
      });
    });
    if (child.pid === undefined) {
      const exit = await ended;
      return { failed: exit.type === 'not-started' ? exit : { type: 'not-started', why: 'no process' } };
    }
    // It can't have been reaped yet (that happens in our event loop), so even a dead one is still listed.
    const startTicks = readStat(child.pid)?.startTicks ?? 0;
    return { id: { pid: child.pid, startTicks }, ended, release: () => child.unref() };
  } catch (error) {
    // spawn throws on what it can't even try (EAGAIN, E2BIG, a NUL in an argument).
    return { failed: { type: 'not-started', why: (error as Error).message } };
  } finally {
    if (log !== 'ignore') closeSync(log);
  }
}

function openLog(file: string): number | 'ignore' {
  try {
    return openSync(file, 'a', 0o600);
  } catch {
    // Serving without a log is better than not serving.
    return 'ignore';
  }
}

/**
 * Keeps the log below its limit by copying it aside and truncating it: the service holds it open in append
 * mode and goes on at the new end. Lines written between copy and truncation are lost.
 */
export async function rotateLog(file: string, limitBytes: number): Promise<void> {
  try {
    if ((await stat(file)).size <= limitBytes) return;
    await copyFile(file, `${file}.1`);
  } catch {
    // Not there yet, or no room for a copy: the limit still holds, so that logs never fill the disk.
  }
  await truncateIfLarge(file, limitBytes);
}

async function truncateIfLarge(file: string, limitBytes: number): Promise<void> {
  try {
    if ((await stat(file)).size > limitBytes) await truncate(file);
  } catch {
    // Not there yet.
  }
}
