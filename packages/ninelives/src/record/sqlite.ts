import type { GuardRecord } from './record.js';
import { commitDecision, loadGuard } from './sqlite/commit.js';
import { connect } from './sqlite/connection.js';
import { minutesOn } from './sqlite/minutes.js';
import { outboxOn } from './sqlite/outbox.js';
import { allowGrowth, prune, retain } from './sqlite/retain.js';
import { deskOn, storiesOn } from './sqlite/stories.js';
import { trafficOn } from './sqlite/traffic.js';

/** The record in a file, with what only a file needs. */
export interface FileRecord extends GuardRecord {
  /** Makes room within the file, which then grows no more. Returns the rows forgotten. For reserve.ts. */
  prune(): number;
  /** May the file grow? For reserve.ts. */
  allowGrowth(allowed: boolean): void;
}

/**
 * Opens the record, makes it where there is none (file 0600, its folder 0700), and migrates an older one.
 * Several processes may have it open: one guard commits, others read and post. A call waits for another's lock
 * up to `busyTimeoutMs` (default 2,000), blocking its caller.
 * @throws RecordUnavailableError (`reason` says why), also when a newer ninelives wrote it.
 */
export function openRecord(
  path: string,
  { readOnly = false, busyTimeoutMs = 2_000 }: { readOnly?: boolean; busyTimeoutMs?: number } = {},
): FileRecord {
  const db = connect(path, { readOnly, busyTimeoutMs });
  return {
    load: (service) => loadGuard(db, service),
    commit: (service, decision, options) => commitDecision(db, service, decision, options),
    ...storiesOn(db),
    ...minutesOn(db),
    ...trafficOn(db),
    ...deskOn(db),
    ...outboxOn(db),
    retain: (olderThanWallMs) => retain(db, olderThanWallMs),
    prune: () => prune(db),
    allowGrowth: (allowed) => allowGrowth(db, allowed),
    close: () => db.close(),
  };
}
