import type { DoctorRow } from '../row.js';
import { fail } from './advice.js';
import type { SystemdFacts } from './facts.js';
import { placeRows } from './place.js';
import { processRows } from './process.js';
import { revivalRows } from './revival.js';

/**
 * Every precondition of a recovery under systemd. Pure: facts to rows. A row fails when a SIGKILL would not be
 * revived, could not be sent, or would harm more than the service.
 */
export function systemdRows(facts: SystemdFacts): DoctorRow[] {
  const { loadState } = facts.settings;
  if (loadState !== 'loaded' && facts.main === null) {
    const list = `systemctl ${facts.user ? '--user ' : ''}list-units --type=service`;
    return [fail('unit', `LoadState=${loadState}`, `systemd has no usable unit ${facts.unit}`, list)];
  }
  return [...revivalRows(facts), ...processRows(facts), ...placeRows(facts)];
}
