import { existsSync } from 'node:fs';
import type { GuardState } from '../core/decision.js';
import { openRecord } from '../record/sqlite.js';
import { recordFile } from './state-dir.js';

/** What the guard last committed of this service; null when it has never looked. */
export function knownState(stateDir: string, service: string): GuardState | null {
  if (!existsSync(recordFile(stateDir))) return null;
  const record = openRecord(recordFile(stateDir));
  try {
    return record.load(service)?.state ?? null;
  } finally {
    record.close();
  }
}

/** Was the recovery of this service's unit proved before? */
export function isProved(stateDir: string, service: string): boolean {
  return knownState(stateDir, service)?.power === 'armed';
}
