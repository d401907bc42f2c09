import { wallMs } from '../../host/clock.js';
import { runTool } from '../../host/systemd/systemctl.js';
import { openRecord } from '../../record/sqlite.js';

/** Who must be told that a service is to be started. */
export interface Ended {
  recordFile: string;
  service: string;
  /** A unit of one's own user manager, which is asked itself; null: our own supervisor, through its guard. */
  unit: string | null;
}

/** What a drill has ended is started again. @throws when nobody could be told */
export async function startAgain({ recordFile, service, unit }: Ended, by: string): Promise<void> {
  if (unit === null) {
    const record = openRecord(recordFile);
    record.post({ service, wallMs: wallMs(), by, command: { type: 'start' } });
    return record.close();
  }
  // It fails for a unit that has not failed.
  await runTool('systemctl', ['--user', 'reset-failed', unit]);
  const started = await runTool('systemctl', ['--user', 'start', '--no-block', unit]);
  if ('unknown' in started)
    throw new Error(`${started.unknown}; start it by hand: systemctl --user start ${unit}`);
}
