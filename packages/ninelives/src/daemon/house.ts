import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/service.js';
import { wallMs } from '../host/clock.js';
import { acquireLock } from '../host/lock.js';
import { firstLine } from '../notify/attend/attend.js';
import type { Notifier } from '../notify/notifier.js';
import { createNotifier, type NotifierPorts } from '../notify/table.js';
import type { GuardRecord } from '../record/record.js';
import { openReserve, type Reserve } from '../record/reserve.js';
import { openRecord } from '../record/sqlite.js';
import { SetupError } from './errors.js';

/** The record's file in a state folder. */
export const RECORD_FILE = 'record.db';

/** A state folder, held by this process alone. */
export interface House {
  record: GuardRecord;
  reserve: Reserve;
  notifiers: Notifier[];
  /** Names of those that are told of each page at once. */
  told: string[];
  close(): void;
}

/**
 * Takes the state folder for this daemon.
 * @throws SetupError when another one holds it; RecordUnavailableError when it can't be written.
 */
export function openHouse(
  stateDir: string,
  { notifiers, paging, runbook }: Pick<Config, 'notifiers' | 'paging' | 'runbook'>,
  env: NotifierPorts['env'],
): House {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const lock = acquireLock(stateDir);
  if ('refused' in lock)
    throw new SetupError('STATE_IN_USE', lock.refused, `ninelives status --state ${stateDir}`);
  try {
    const record = openRecord(join(stateDir, RECORD_FILE));
    return {
      record,
      reserve: openReserve({ path: join(stateDir, 'reserve'), record }),
      told: firstLine(
        notifiers.map(({ name }) => name),
        paging,
      ),
      notifiers: notifiers.map((notifier) => createNotifier(notifier, { wallMs, env, runbook })),
      close() {
        record.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}
