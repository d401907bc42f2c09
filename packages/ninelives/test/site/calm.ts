import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GuardState } from '../../src/core/decision.js';
import { RecordUnavailableError } from '../../src/record/record.js';
import { openRecord } from '../../src/record/sqlite.js';
import type { Box } from '../systemd/harness/box.js';

/** What is not calm yet, in words; empty when all is. */
export function restless({ folder, box }: { folder: string; box: Pick<Box, 'root'> }): string {
  const guard = statesIn(join(box.root, 'home/jc/state/record.db'));
  const lan = statesIn(join(folder, 'lan', 'record.db'));
  const far = existsSync(join(folder, 'far.json'))
    ? (JSON.parse(readFileSync(join(folder, 'far.json'), 'utf8')) as FarStatus)
    : null;
  const wanted: [string, GuardState | null | undefined][] = [
    ['guard svc', guard?.states.svc],
    ['guard tunnel', guard?.states.tunnel],
    ['lan svc', lan?.states.svc],
    ['lan heartbeat-guard', lan?.states['heartbeat-guard']],
  ];
  const bad = wanted.filter(([, state]) => state?.verdict.kind !== 'serving' || state.incident !== null);
  const words = bad.map(([name, state]) => `${name}: ${state?.verdict.sentence ?? 'nothing'}`);
  const service = far?.services?.[0];
  if (service?.kind !== 'serving' || service.incident !== null) words.push(`off svc: ${service?.kind}`);
  if (far?.hearts?.[0]?.kind !== 'serving') words.push(`off heart lan: ${far?.hearts?.[0]?.kind}`);
  const pending = (guard?.pending ?? 0) + (lan?.pending ?? 0) + (far?.pagesPending ?? 0);
  if (pending > 0) words.push(`${pending} pages wait`);
  // A scheduler that was stopped says nothing new.
  if (far?.lastPass && Date.now() - Date.parse(far.lastPass) > 5_000) words.push('off: no pass for 5 s');
  return words.join('; ');
}

interface FarStatus {
  lastPass: string | null;
  services?: { kind: string; incident: string | null }[];
  hearts?: { kind: string }[];
  pagesPending?: number;
}

/** What a record keeps of each service, and how many pages wait there; null: it can not be read now. */
export function statesIn(
  file: string,
): { states: { [name: string]: GuardState | undefined }; pending: number } | null {
  if (!existsSync(file)) return null;
  let record: ReturnType<typeof openRecord> | null = null;
  try {
    record = openRecord(file, { readOnly: true });
    const load = record.load.bind(record);
    const names = record.services();
    return {
      states: Object.fromEntries(names.map((name) => [name, load(name)?.state])),
      pending: record.outboxPending().length,
    };
  } catch (error) {
    // While it is being made, or its machine is off.
    if (error instanceof RecordUnavailableError) return null;
    throw error;
  } finally {
    record?.close();
  }
}
