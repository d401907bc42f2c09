import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceConfig } from '../../config/service.js';
import { RECORD_FILE } from '../../daemon/house.js';
import type { DoctorRow } from '../../doctor/row.js';
import type { SystemdFacts } from '../../doctor/systemd/facts.js';
import { systemdRows } from '../../doctor/systemd/rows.js';
import { ignoresTerm } from '../../host/procfs/processes.js';
import { examineManager, examineUnit } from '../../host/systemd/machine.js';
import { createSystemdSupervisor } from '../../host/systemd/supervisor.js';
import { openRecord } from '../../record/sqlite.js';
import { findKeeper } from '../doctor/keeper.js';

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
  const processes = 'unknown' in seen ? [] : seen.processes;
  const ignoreTerm = processes
    .filter(({ pid }) => ignoresTerm(pid))
    .map(({ pid, name }) => `pid ${pid} (${name})`);
  const facts = { probeUrl: probe.url, loadMs: longestLoadMs(service.name, stateDir), policy, ignoreTerm };
  return systemdRows({ ...unit, ...manager, ...facts, port, portOwner, guard: await findKeeper(stateDir) });
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
