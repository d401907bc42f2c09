import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { wallMs } from './clock.js';
import { isAlive, readCmdline, readStat } from './procfs/processes.js';

/** Who holds a state folder. */
export interface LockOwner {
  pid: number;
  startTicks: number;
  command: string;
  sinceWallMs: number;
}

export type LockOutcome =
  /** Keep it for as long as the lock is wanted: when it is garbage-collected, SQLite lets go. */
  | { release(): void }
  /** Somebody else works on this folder. `owner` is null in the instant before it has written its name. */
  | { refused: string; owner: LockOwner | null };

/** SQLITE_BUSY (sqlite.org/rescode.html). */
const BUSY = 5;
const OWNER_FILE = 'owner.json';

/**
 * One writer a state folder. The lock is the operating system's: Node has no flock(2), but SQLite's exclusive
 * lock is one (fcntl(2)) and it ends with its process, however that ends, so there is no stale lock to judge.
 * This is the one file of this room that loads the driver. `owner.json` beside it only says whose lock it is.
 * @throws when the folder can't be written.
 */
export function acquireLock(stateDir: string): LockOutcome {
  const db = openDatabase(join(stateDir, 'lock.db'));
  try {
    // Nothing is ever written, so a SIGKILL leaves no journal behind.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (((error as { errcode?: number }).errcode ?? 0) % 256 !== BUSY) throw error;
    const owner = lockOwner(stateDir);
    return { refused: refusal(stateDir, owner), owner };
  }
  writeOwner(stateDir);
  return {
    release() {
      rmSync(join(stateDir, OWNER_FILE), { force: true });
      db.close();
    },
  };
}

function openDatabase(file: string) {
  try {
    return new DatabaseSync(file);
  } catch (cause) {
    throw new Error(`The lock ${file} can't be opened. See who owns the folder: ls -ld ${file}`, { cause });
  }
}

function writeOwner(stateDir: string): void {
  const owner: LockOwner = {
    pid: process.pid,
    startTicks: readStat(process.pid)?.startTicks ?? 0,
    // Where the title was set (process.title), the rest of its place is blank.
    command: readCmdline(process.pid).join(' ').trim(),
    sinceWallMs: wallMs(),
  };
  const file = join(stateDir, OWNER_FILE);
  writeFileSync(`${file}.new`, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Who holds the folder now, as far as it is written down and still true; null when nobody does. */
export function lockOwner(stateDir: string): LockOwner | null {
  try {
    const owner = JSON.parse(readFileSync(join(stateDir, OWNER_FILE), 'utf8')) as LockOwner;
    return isAlive(owner) ? owner : null;
  } catch {
    // Never locked, or an earlier holder died while it wrote: either way nobody to name.
    return null;
  }
}

function refusal(stateDir: string, owner: LockOwner | null): string {
  const who = owner
    ? `pid ${owner.pid} (${owner.command}), since ${new Date(owner.sinceWallMs).toISOString()}`
    : 'another process, which has only just begun';
  return `${stateDir} is already in use by ${who}. End that one, or name another folder: --state DIR`;
}
