import { pathToFileURL } from 'node:url';
import type { createOutbox } from '../../../src/notify/outbox.js';
import type { memoryRecord } from '../../../src/record/memory.js';
import type { RecordUnavailableError } from '../../../src/record/record.js';

/** The code under test, loaded from a folder of compiled sources: the real one, or a mutated copy. */
export interface OutboxProduction {
  createOutbox: typeof createOutbox;
  memoryRecord: typeof memoryRecord;
  RecordUnavailableError: typeof RecordUnavailableError;
}

/** @param folder absolute path of a `dist/src`. */
export async function loadOutbox(folder: string): Promise<OutboxProduction> {
  const load = (file: string) => import(pathToFileURL(`${folder}/${file}`).href);
  const [outbox, memory, record] = await Promise.all(
    ['notify/outbox.js', 'record/memory.js', 'record/record.js'].map(load),
  );
  return {
    createOutbox: outbox.createOutbox,
    memoryRecord: memory.memoryRecord,
    RecordUnavailableError: record.RecordUnavailableError,
  };
}
