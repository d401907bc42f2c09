import { readRealUid } from '../host/procfs/processes.js';
import { controlGroupOf } from '../host/systemd/cgroup.js';
import { parseCount, parseShow } from '../host/systemd/show.js';
import { showUnit } from '../host/systemd/systemctl.js';
import type { Found } from './found.js';

/**
 * The service that a cgroup path belongs to (systemd.unit(5), "user@.service"): `/system.slice/a.service`, or below
 * a user manager. Sessions, scopes and the manager itself start nothing again. Pure.
 */
export function unitOfPath(path: string): Found['unit'] {
  const segments = path.split('/');
  const manager = segments.findIndex((segment) => /^user@\d+\.service$/.test(segment));
  const below = manager < 0 ? segments : segments.slice(manager + 1);
  const unit = below.find((segment) => segment.endsWith('.service'));
  if (unit === undefined) return null;
  return { unit: unit.replace(/^_/, ''), user: manager >= 0 };
}

/**
 * The unit of this process, if its main process is of this user: what cron or a remote login has started lives in the
 * cgroup of *their* service, which would not start it again.
 */
export async function unitOf(pid: number, uid: number): Promise<Found['unit']> {
  const found = unitOfPath(controlGroupOf(pid) ?? '');
  if (found === null || !/^[A-Za-z0-9_][A-Za-z0-9:_.\\@-]*$/.test(found.unit)) return null;
  const shown = await showUnit(found.unit, found, ['MainPID']);
  if ('unknown' in shown) return null;
  const main = parseCount(parseShow(shown.text).get('MainPID') ?? '') ?? 0;
  return main > 1 && readRealUid(main) === uid ? found : null;
}
