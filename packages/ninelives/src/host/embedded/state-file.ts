import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ProcessId, UnitPhase } from '../../core/types.js';
import type { StartWindow } from './semantics.js';

/** What must outlive a SIGKILL of the daemon at any moment. */
export interface SavedState {
  version: 1;
  name: string;
  bootId: string;
  phase: UnitPhase;
  /** Incarnation ids, newest last. Written before the process is spawned, so that it can always be found. */
  incarnations: string[];
  /** The main process of the newest incarnation; null until it is spawned and once it has ended. */
  main: ProcessId | null;
  restarts: number;
  lastExit: string | null;
  window: StartWindow | null;
  /** Starts, oldest first: monotonic ms of `bootId`, and wall ms to carry them over a reboot. */
  starts: { atMs: number; wallMs: number }[];
}

export const INCARNATIONS_KEPT = 20;
export const STARTS_KEPT = 100;

export function freshState(name: string, bootId: string): SavedState {
  return {
    version: 1,
    name,
    bootId,
    phase: 'inactive',
    incarnations: [],
    main: null,
    restarts: 0,
    lastExit: null,
    window: null,
    starts: [],
  };
}

/** @returns null when there is none yet. @throws when the file is there and can't be understood. */
export function loadState(file: string): SavedState | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const hint = `Make sure that no copy of the service runs, delete the file, and start again.`;
  try {
    const state = JSON.parse(text) as SavedState;
    if (state.version === 1 && Array.isArray(state.incarnations) && Array.isArray(state.starts)) return state;
  } catch (cause) {
    throw new Error(`The supervisor's state in ${file} is not JSON. ${hint}`, { cause });
  }
  throw new Error(`The supervisor's state in ${file} has an unknown shape (a newer version?). ${hint}`);
}

/** All or nothing, and on disk when it returns: written beside, fsynced, renamed, and the folder fsynced. */
export function saveState(file: string, state: SavedState): void {
  const draft = `${file}.new`;
  const fd = openSync(draft, 'w', 0o600);
  try {
    writeSync(fd, `${JSON.stringify(state, null, 1)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, file);
  const folder = openSync(dirname(file), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/**
 * The state as seen from now. After a reboot no process of it lives, monotonic time began anew, and a
 * failed unit is merely down; starts are carried over by wall time, never into the future.
 */
export function rebase(state: SavedState, now: { bootId: string; atMs: number; wallMs: number }): SavedState {
  if (state.bootId === now.bootId) return state;
  const starts = state.starts.map(({ wallMs }) => ({
    atMs: now.atMs - Math.max(0, now.wallMs - wallMs),
    wallMs,
  }));
  const wasUp = state.main !== null;
  return {
    ...state,
    bootId: now.bootId,
    phase: 'inactive',
    main: null,
    restarts: 0,
    lastExit: wasUp ? 'unknown (the machine was rebooted)' : state.lastExit,
    window: null,
    starts,
  };
}
