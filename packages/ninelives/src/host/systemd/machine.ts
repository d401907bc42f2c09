import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { readExe, readRealUid } from '../procfs/processes.js';
import { predictRevival, type Revival } from './revival.js';
import { parseShow } from './show.js';
import { runTool, showUnit, unitName } from './systemctl.js';
import { parseUnit, type UnitSettings } from './unit.js';

/** A unit as `doctor` looks at it. */
export interface UnitExamined {
  unit: string;
  user: boolean;
  settings: UnitSettings;
  revival: Revival;
  /** The main process now: its owner and the path of its program (empty where that can't be seen). */
  main: { pid: number; uid: number; program: string } | null;
}

/** What holds for all units of this machine and user. */
export interface ManagerExamined {
  /** Major version; null when it could not be read. */
  systemdVersion: number | null;
  me: { uid: number; name: string };
  /** Does my user manager live without a login? null: could not tell. */
  linger: boolean | null;
}

export async function examineUnit(options: {
  unit: string;
  user: boolean;
}): Promise<UnitExamined | { unknown: string }> {
  const unit = unitName(options.unit);
  const shown = await showUnit(unit, options);
  if ('unknown' in shown) return shown;
  const { settings, now } = parseUnit(shown.text);
  const uid = now.mainPid > 1 ? readRealUid(now.mainPid) : null;
  const main = uid === null ? null : { pid: now.mainPid, uid, program: readExe(now.mainPid) ?? '' };
  return { unit, user: options.user, settings, revival: predictRevival(settings), main };
}

export async function examineManager(): Promise<ManagerExamined> {
  const { uid, username } = userInfo();
  const version = await runTool('systemctl', ['--version']);
  const major = 'text' in version ? /^systemd (\d+)/.exec(version.text)?.[1] : undefined;
  return {
    systemdVersion: major === undefined ? null : Number(major),
    me: { uid, name: username },
    linger: await lingers(username),
  };
}

/** loginctl(1), show-user; it knows only users who are here now, so the mark on disk is asked as well. */
async function lingers(name: string): Promise<boolean | null> {
  const shown = await runTool('loginctl', ['show-user', name, '--property=Linger']);
  if ('text' in shown) return parseShow(shown.text).get('Linger') === 'yes';
  return existsSync('/var/lib/systemd/linger') ? existsSync(`/var/lib/systemd/linger/${name}`) : null;
}
