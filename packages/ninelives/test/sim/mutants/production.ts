import { pathToFileURL } from 'node:url';
import type { createCommitter } from '../../../src/daemon/commit.js';
import type { sightOf } from '../../../src/daemon/gateway/traffic.js';
import type { createGuard } from '../../../src/daemon/loop.js';
import type { passAnswer } from '../../../src/daemon/pass.js';
import type { memoryRecord } from '../../../src/record/memory.js';
import type { RecordUnavailableError } from '../../../src/record/record.js';

/** The code under test, loaded from a folder of compiled sources: the real one, or a mutated copy. */
export interface Production {
  createGuard: typeof createGuard;
  createCommitter: typeof createCommitter;
  sightOf: typeof sightOf;
  passAnswer: typeof passAnswer;
  memoryRecord: typeof memoryRecord;
  RecordUnavailableError: typeof RecordUnavailableError;
}

/** @param folder absolute path of a `dist/src`. */
export async function loadProduction(folder: string): Promise<Production> {
  const load = (file: string) => import(pathToFileURL(`${folder}/${file}`).href);
  const [loop, commit, traffic, pass, memory, record] = await Promise.all(
    [
      'daemon/loop.js',
      'daemon/commit.js',
      'daemon/gateway/traffic.js',
      'daemon/pass.js',
      'record/memory.js',
      'record/record.js',
    ].map(load),
  );
  return {
    createGuard: loop.createGuard,
    createCommitter: commit.createCommitter,
    sightOf: traffic.sightOf,
    passAnswer: pass.passAnswer,
    memoryRecord: memory.memoryRecord,
    RecordUnavailableError: record.RecordUnavailableError,
  };
}
