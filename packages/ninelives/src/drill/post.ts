import type { InboxRow } from '../record/record.js';
import type { DrillPorts } from './ports.js';

/** A resident guard reads its inbox several times a second. */
const TAKEN_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 25;

/** Posts a command to the guard and waits until it has committed it. False: nobody took it in time. */
export async function tellGuard(
  { record, clock }: Pick<DrillPorts, 'record' | 'clock'>,
  service: string,
  command: InboxRow['command'],
  by: string,
): Promise<boolean> {
  const id = record.post({ service, wallMs: clock.wallMs(), by, command });
  const untilMs = clock.monotonicMs() + TAKEN_WITHIN_MS;
  while (clock.monotonicMs() < untilMs) {
    if (!record.inbox(service).some((row) => row.id === id)) return true;
    await clock.sleep(LOOK_EVERY_MS);
  }
  return false;
}
