import { readStat } from '../host/procfs/processes.js';

/** Which guard looked after a service last, beside its settings in the record: services of earlier ones stay there. */
export interface GuardNote {
  pid: number;
  startTicks: number;
  /** Absolute path of its ninelives.yaml; null: it was told by flags. */
  configFile: string | null;
}

/** The key of that note. */
export const GUARD_NOTE = 'guard';

/** This process as the guard. */
export function guardNote(configFile: string | null): GuardNote {
  const { pid } = process;
  return { pid, startTicks: readStat(pid)?.startTicks ?? 0, configFile };
}
