import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { NotifierConfig } from '../config/service.js';
import { acquireLock } from '../host/lock.js';
import type { Notifier } from '../notify/notifier.js';
import { createNotifier } from '../notify/table.js';
import type { GuardRecord } from '../record/record.js';
import { openReserve } from '../record/reserve.js';
import { openRecord } from '../record/sqlite.js';
import { SetupError } from './errors.js';

/** Everything that is kept, held by one writer. */
export interface House {
  record: GuardRecord;
  notifiers: Notifier[];
  makeRoom: () => boolean;
  close(): void;
}
