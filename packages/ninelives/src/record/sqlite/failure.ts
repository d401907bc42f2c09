import { RecordUnavailableError, type UnavailableReason } from '../record.js';

/** SQLite's primary result codes (sqlite.org/rescode.html) that mean "cannot be used now", not "our bug". */
const REASON_OF: { [primary: number]: UnavailableReason } = {
  3: 'read-only', // PERM
  5: 'busy',
  6: 'busy', // LOCKED
  8: 'read-only',
  10: 'io', // IOERR
  11: 'damaged', // CORRUPT
  13: 'full',
  14: 'io', // CANTOPEN
  22: 'full', // NOLFS: the file would grow beyond what the filesystem holds
  26: 'damaged', // NOTADB
};

/** IOERR_SHMSIZE: the WAL index could not grow; on a full disk it comes instead of FULL. */
const SHMSIZE = 4874;

const WHY: Record<UnavailableReason, (path: string) => string> = {
  full: (path) => `no space is left. Free some: df -h ${path}`,
  'read-only': (path) => `it may not be written. See who owns it: ls -ld ${path}`,
  busy: (path) => `another process holds its lock. See which: fuser -v ${path}`,
  io: (path) => `its disk or folder failed. See: ls -ld ${path}; dmesg`,
  missing: () => 'there is none yet. Start the guard once: ninelives up',
  damaged: (path) => `it is not a sound record of ours. Set it aside, then go on: mv ${path} ${path}.damaged`,
  version: () => 'its version does not fit',
};

/** What, why, and what to type next. */
export function unavailable(
  reason: UnavailableReason,
  path: string,
  cause?: unknown,
): RecordUnavailableError {
  const said = cause instanceof Error ? ` (${cause.message})` : '';
  return new RecordUnavailableError(`The record ${path} cannot be used: ${WHY[reason](path)}${said}`, {
    reason,
    cause,
  });
}

/** Turns the driver's error into ours where it says "not now"; anything else is a bug and passes as it is. */
export function translate(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) : Number.NaN;
  if (code === SHMSIZE) return unavailable('full', path, error);
  const reason = REASON_OF[code & 0xff];
  return reason ? unavailable(reason, path, error) : error;
}
