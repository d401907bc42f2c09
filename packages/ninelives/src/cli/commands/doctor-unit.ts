import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceConfig } from '../../config/service.js';
import { RECORD_FILE } from '../../daemon/house.js';
import type { DoctorRow } from '../../doctor/row.js';
import type { SystemdFacts } from '../../doctor/systemd/facts.js';
import { systemdRows } from '../../doctor/systemd/rows.js';
import { lockOwner } from '../../host/lock.js';
import { examineManager, examineUnit } from '../../host/systemd/machine.js';
import { createSystemdSupervisor } from '../../host/systemd/supervisor.js';
import type { Plan } from '../../install/plan.js';
import { openRecord } from '../../record/sqlite.js';

/** Doctor's rows for a service that is a unit of systemd. */
export async function unitRows(
  service: ServiceConfig,
  source: { unit: string; user: boolean },
  stateDir: string,
): Promise<DoctorRow[]> {
  const { port, policy, probe } = service;
  const [unit, manager] = await Promise.all([examineUnit(source), examineManager()]);
  if ('unknown' in unit) {
    const fix = source.user
      ? `loginctl enable-linger ${manager.me.name}   (starts my user manager)`
      : `systemctl status ${source.unit}`;
    return [{ id: 'unit', level: 'fail', read: unit.unknown, means: 'systemd could not be asked', fix }];
  }
  const seen = await createSystemdSupervisor({ ...source, port }).inspect();
  const portOwner: SystemdFacts['portOwner'] =
    'unknown' in seen ? { who: 'unknown', text: seen.unknown } : seen.portOwner;
  const facts = { probeUrl: probe.url, loadMs: longestLoadMs(service.name, stateDir), policy };
  return systemdRows({ ...unit, ...manager, ...facts, port, portOwner, guardKeptBy: keeperOf(stateDir) });
}

/** The longest time from a start to its first right answer, of those on record. */
function longestLoadMs(service: string, stateDir: string): number | null {
  const file = join(stateDir, RECORD_FILE);
  if (!existsSync(file)) return null;
  const record = openRecord(file, { readOnly: true });
  try {
    const loads = record.events({ service }).flatMap(({ type, data }) => {
      return type === 'serving' && typeof data?.loadMs === 'number' ? [data.loadMs] : [];
    });
    return loads.length > 0 ? Math.max(...loads) : null;
  } finally {
    record.close();
  }
}

/** What `install` put there says who starts the guard again. */
function keeperOf(stateDir: string): SystemdFacts['guardKeptBy'] {
  const manifest = join(stateDir, 'install.json');
  if (existsSync(manifest)) {
    const { way } = JSON.parse(readFileSync(manifest, 'utf8')) as Pick<Plan, 'way'>;
    return way === 'cron' ? 'cron' : 'unit';
  }
  return lockOwner(stateDir) === null ? null : 'resident';
}
