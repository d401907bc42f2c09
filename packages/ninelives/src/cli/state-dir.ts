import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { RECORD_FILE } from '../daemon/house.js';
import type { GuardRecord } from '../record/record.js';
import { openRecord } from '../record/sqlite.js';
import { CliError, EXIT } from './errors.js';

/** Where everything that is kept lies: `--state`, else the XDG state folder (XDG Base Directory 0.8). */
export function stateDirOf(flag: string | undefined, env: { [name: string]: string | undefined }): string {
  if (flag !== undefined) return resolve(flag);
  const base = env.XDG_STATE_HOME?.startsWith('/') ? env.XDG_STATE_HOME : join(homedir(), '.local', 'state');
  return join(base, 'ninelives');
}

export function recordFile(stateDir: string): string {
  return join(stateDir, RECORD_FILE);
}

/** Opens the record that a guard has written, for one command. @throws CliError when there is none. */
export function withRecord<T>(stateDir: string, use: (record: GuardRecord) => T): T {
  const file = recordFile(stateDir);
  if (!existsSync(file)) {
    throw new CliError(`there is no record in ${stateDir}`, EXIT.environment, 'ninelives up, or --state DIR');
  }
  const record = openRecord(file);
  const close = () => record.close();
  try {
    const result = use(record);
    if (result instanceof Promise) return result.finally(close) as T;
    close();
    return result;
  } catch (error) {
    close();
    throw error;
  }
}
