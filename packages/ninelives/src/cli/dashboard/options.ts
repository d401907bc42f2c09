import type { Config } from '../../config/service.js';
import type { GuardRecord } from '../../record/record.js';

/** What the dashboard of a resident guard is made of. */
export interface OpenOptions {
  config: Config;
  stateDir: string;
  record: GuardRecord;
  /** Who acts through it, for the record. */
  by: string;
  env: { [name: string]: string | undefined };
  onTrouble(text: string): void;
}
