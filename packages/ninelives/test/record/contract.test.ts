import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryRecord } from '../../src/record/memory.js';
import { openRecord } from '../../src/record/sqlite.js';
import { recordContract } from '../contract/record.js';

recordContract('the file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'ninelives-record-'));
  const record = openRecord(join(dir, 'record.db'));
  const other = openRecord(join(dir, 'record.db'));
  return {
    record,
    other,
    close() {
      record.close();
      other.close();
      rmSync(dir, { recursive: true });
    },
  };
});

recordContract('the memory twin', () => {
  const record = memoryRecord();
  return { record, other: record, close: () => record.close() };
});
