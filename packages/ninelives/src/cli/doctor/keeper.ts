import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { unitOf } from '../../discover/unit.js';
import type { GuardKeeper } from '../../doctor/systemd/facts.js';
import { lockOwner } from '../../host/lock.js';
import { listStats } from '../../host/procfs/processes.js';
import { parseShow } from '../../host/systemd/show.js';
import { showUnit } from '../../host/systemd/systemctl.js';
import { readCrontab } from '../../install/crontab.js';
import { InstallError } from '../../install/errors.js';

/** Who starts the guard of this state folder again, as things are now, whatever `install` once wrote. Null: nobody looks. */
export async function findKeeper(stateDir: string): Promise<GuardKeeper | null> {
  const owner = lockOwner(stateDir);
  const byUnit = owner && (await unitKeeper(owner.pid));
  const kept = byUnit ?? cronKeeper(stateDir) ?? (await timerKeeper(stateDir));
  if (kept) return kept;
  if (owner) return { by: 'nobody', runs: true, read: 'running, kept by nobody', fix: 'ninelives install' };
  if (!existsSync(join(stateDir, 'install.json'))) return null;
  const fix = `ninelives uninstall --state ${stateDir}, then install again`;
  return { by: 'nobody', runs: false, read: 'installed once, and not running now', fix };
}

const REVIVED = new Set(['always', 'on-failure', 'on-abnormal', 'on-abort']);

/** The unit that the resident guard is the work of, where that one would start it again. */
async function unitKeeper(pid: number): Promise<GuardKeeper | null> {
  const found = await unitOf(pid, process.getuid?.() ?? -1);
  if (found === null) return null;
  const shown = await showUnit(found.unit, found, ['Restart']);
  const restart = 'unknown' in shown ? '' : (parseShow(shown.text).get('Restart') ?? '');
  if (!REVIVED.has(restart)) return null;
  return { by: 'unit', runs: true, read: `${found.unit} (pid ${pid}), Restart=${restart}`, fix: null };
}

const CRONS = new Set(['cron', 'crond', 'fcron']);

function cronKeeper(stateDir: string): GuardKeeper | null {
  const line = crontabLines().find((each) => isPass(each, stateDir));
  if (line === undefined) return null;
  const minutes = line.split(/\s+/).slice(0, 5).join(' ');
  const runs = listStats().some(({ comm }) => CRONS.has(comm));
  if (runs) return { by: 'cron', runs, read: `crontab: ${minutes} guard --once`, fix: null };
  const fix =
    'an admin: sudo systemctl enable --now cron; or without cron: ninelives uninstall, ninelives install';
  return { by: 'cron', runs, read: `crontab: ${minutes} guard --once, and no cron runs here`, fix };
}

function crontabLines(): string[] {
  try {
    return (readCrontab() ?? '').split('\n').filter((line) => !/^\s*(#|$)/.test(line));
  } catch (error) {
    if (error instanceof InstallError) return []; // there is no cron here, or none for us
    throw error;
  }
}

/** A timer of mine, or of the system, whose service is such a pass. systemctl lists the active ones only. */
async function timerKeeper(stateDir: string): Promise<GuardKeeper | null> {
  for (const user of [true, false]) {
    const shown = await showUnit('*.timer', { user }, ['Id', 'Unit']);
    if ('unknown' in shown) continue; // no such manager here
    for (const timer of shown.text.split('\n\n').map(parseShow)) {
      const [name, service] = [timer.get('Id'), timer.get('Unit')];
      if (name === undefined || service === undefined) continue;
      const run = await showUnit(service, { user }, ['ExecStart']);
      if ('text' in run && isPass(run.text, stateDir))
        return { by: 'timer', runs: true, read: name, fix: null };
    }
  }
  return null;
}

/** Is this command line a pass of `guard --once` on this state folder? One that names no folder may be. Pure. */
export function isPass(line: string, stateDir: string): boolean {
  if (!/ninelives\S*\s.*\bguard\b.*--once\b/.test(line)) return false;
  const named = /--state[= ](?:'([^']*)'|([^\s']+))/.exec(line);
  return named === null || (named[1] ?? named[2]) === stateDir;
}
