import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { RecordUnavailableError } from './record.js';

/** Twice the log (LOG_PAGES): it fits into the file, and the commits of an incident fit after it. */
const RESERVE_BYTES = 1024 * 1024;

/** Space kept back for the moment when the disk is full (I5). */
export interface Reserve {
  /**
   * Takes the space if it is not held and there is plenty; true when it is held. Call it hourly. While it is not
   * held, the record's file hardly grows: new rows take the place of the oldest.
   */
  take(): boolean;
  /**
   * Gives the space up and forgets the oldest rows; true when that may have made room, so that the commit is
   * worth one more try. Does nothing for an error of another reason than `full`.
   */
  makeRoom(error?: unknown): boolean;
}

/** Keeps the reserve in the file `path`, on the disk of the record, and takes it at once where there is space. */
export function openReserve(options: {
  path: string;
  record: { prune(): number; allowGrowth(allowed: boolean): void };
  bytes?: number;
}): Reserve {
  const { path, record, bytes = RESERVE_BYTES } = options;
  const reserve: Reserve = {
    take() {
      const isHeld = held(path) >= bytes || allocate(path, bytes);
      record.allowGrowth(isHeld);
      return isHeld;
    },
    makeRoom(error) {
      if (error instanceof RecordUnavailableError && error.reason !== 'full') return false;
      const freed = release(path);
      try {
        return record.prune() > 0 || freed;
      } catch (failure) {
        if (!(failure instanceof RecordUnavailableError)) throw failure;
        return freed;
      }
    },
  };
  reserve.take();
  return reserve;
}

function held(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function release(path: string): boolean {
  if (held(path) === 0) return false;
  try {
    rmSync(path);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return false;
  }
}

/** False where there is too little space, or it can't be written: no reserve is no reason not to guard. */
function allocate(path: string, bytes: number): boolean {
  try {
    const { bavail, bsize } = statfsSync(dirname(path));
    if (bavail * bsize < 4 * bytes) return false; // never the one that fills the disk
    const file = openSync(path, 'w', 0o600);
    try {
      writeSync(file, noise(bytes));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return false;
  }
}

/** Really allocated: a filesystem that compresses keeps no blocks for zeros. */
function noise(bytes: number): Uint32Array {
  const words = new Uint32Array(bytes / 4);
  let word = 0x9e3779b9;
  for (let at = 0; at < words.length; at += 1) {
    word ^= word << 13; // xorshift32 (Marsaglia 2003)
    word ^= word >>> 17;
    word ^= word << 5;
    words[at] = word;
  }
  return words;
}
