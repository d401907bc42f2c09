import { readFileSync } from 'node:fs';
import { sameProcess } from '../../core/identity.js';
import type { Incarnation, ProcessId, UnitSnapshot } from '../../core/types.js';
import { bootId, monotonicMs } from '../clock.js';
import { createCarrierLookup } from '../procfs/carriers.js';
import { createPortLookup } from '../procfs/listeners.js';
import type { Stat } from '../procfs/parse.js';
import { hasEnded, readRealUid, readStat, readUnits, sampleOf } from '../procfs/processes.js';
import type { Supervisor } from '../supervisor.js';
import { controlGroupOf, isInUnit, pidsOfControlGroup } from './cgroup.js';
import { fingerprintOf } from './fingerprint.js';
import { onlyWatchesContainer } from './look/container.js';
import { type Division, divide } from './look/members.js';
import { judgePort } from './look/port.js';
import { noteStarts, type StartsSeen } from './look/starts.js';
import { predictRevival } from './revival.js';
import { exitText, parseShow } from './show.js';
import { showUnit, unitName } from './systemctl.js';
import { parseUnit, type Unit } from './unit.js';

export interface SystemdOptions {
  /** With or without `.service`. */
  unit: string;
  /** Our own user manager instead of the system's. */
  user: boolean;
  /** The port that the service listens on; null when it has none here. */
  port: number | null;
  /** The last snapshot on record: what an earlier guard saw, so that a start is not forgotten with it. */
  known?: UnitSnapshot | null;
}

/** A unit of systemd. Needs no privilege: it only looks. */
export interface SystemdSupervisor extends Supervisor {
  /** Is this process inside the unit's cgroup, as of the last look? For `createKillPorts`. */
  belongs(target: ProcessId): boolean;
}

/** A main process that systemd named and that we found to be what it says. */
interface Main {
  id: ProcessId;
  uid: number;
}

/** What systemd said of a unit that runs stands for this long, while all is well and /proc shows no change. */
const STANDS_MS = 2_000;

/** What follows a look in which systemd and /proc disagree: an end or a start came in between. */
const LOOKS = 3;

/** @throws when the unit's name can't be one. */
export function createSystemdSupervisor(options: SystemdOptions): SystemdSupervisor {
  return new SystemdUnit(unitName(options.unit), options);
}

class SystemdUnit implements SystemdSupervisor {
  /** systemd keeps it in the journal. */
  readonly logFile = null;
  readonly #unit: string;
  readonly #options: SystemdOptions;
  readonly #uid = process.getuid?.() ?? -1;
  readonly #units = readUnits();
  readonly #bootId = bootId();
  readonly #invocations = createCarrierLookup('INVOCATION_ID', this.#uid, this.#units.ticksPerSecond);
  readonly #ports = createPortLookup(this.#uid, monotonicMs);
  #controlGroup = '';
  #confirmed = '';
  #starts: StartsSeen | null;
  #lastExit: string | null;
  /** The main process whose end was not seen yet. */
  #main: ProcessId | null = null;
  /** The last answer, of a unit that was up, and the processes that it had. */
  #answer: { unit: Unit; atMs: number; members: string } | null = null;

  constructor(unit: string, options: SystemdOptions) {
    this.#unit = unit;
    this.#options = options;
    const { known } = options;
    const sameBoot = known?.incarnation?.bootId === this.#bootId;
    this.#starts =
      known && sameBoot
        ? { restarts: known.restarts, startsAtMs: known.recentStartsAtMs, unstamped: 0 }
        : null;
    this.#lastExit = known?.lastExit ?? null;
    this.#main = (sameBoot && known?.incarnation) || null;
  }

  belongs(target: ProcessId): boolean {
    return isInUnit(controlGroupOf(target.pid), this.#controlGroup, this.#unit);
  }

  async inspect(calm = false): Promise<UnitSnapshot | { unknown: string }> {
    const standing = calm ? this.#standing() : null;
    if (standing) return this.#snapshot(standing.unit, standing.main);
    this.#answer = null;
    let why = '';
    for (let look = 0; look < LOOKS; look += 1) {
      const atMs = monotonicMs();
      const shown = await showUnit(this.#unit, this.#options);
      if ('unknown' in shown) return shown;
      const unit = parseUnit(shown.text);
      if (unit.settings.loadState === 'not-found' && unit.now.activeState !== 'active') {
        const manager = this.#options.user ? 'systemctl --user' : 'systemctl';
        return {
          unknown: `systemd knows no unit ${this.#unit}; list them: ${manager} list-units --type=service`,
        };
      }
      const main = this.#verify(unit);
      if (typeof main === 'string') why = main;
      else if (await this.#isConfirmed(unit, main)) {
        const isUp = main !== null && unit.now.subState === 'running' && unit.now.controlPid === 0;
        if (isUp) this.#answer = { unit, atMs, members: membersOf(unit) };
        return this.#snapshot(unit, main);
      } else why = 'its main process changed while we looked';
    }
    return { unknown: `${this.#unit}: ${why}` };
  }

  /**
   * Asking costs a process, twenty times what /proc does. So a calm look goes by the last answer for as long as the very
   * same processes are there, and none was stopped or has ended since: an end or a start of the unit shows in these.
   */
  #standing(): { unit: Unit; main: Main } | null {
    const { unit, atMs, members } = this.#answer ?? {};
    if (!unit || atMs === undefined || monotonicMs() - atMs >= STANDS_MS) return null;
    const main = this.#verify(unit);
    const isSame = main !== null && typeof main !== 'string' && membersOf(unit) === members;
    return isSame ? { unit, main } : null;
  }

  /** The main process by /proc, null when there is none (any more), or what does not fit. */
  #verify({ now }: Unit): Main | null | string {
    if (now.mainPid <= 1) return null;
    const stat = readStat(now.mainPid);
    const uid = readRealUid(now.mainPid);
    // Ended, and systemd is about to be told.
    if (stat === null || uid === null || hasEnded(stat)) return null;
    if (!isInUnit(controlGroupOf(now.mainPid), now.controlGroup, this.#unit)) {
      return `its main process ${now.mainPid} is not in its cgroup ${now.controlGroup}`;
    }
    return { id: { pid: stat.pid, startTicks: stat.startTicks }, uid };
  }

  /** Asks systemd again about a main process not seen before: what we read of it in /proc is then surely its. */
  async #isConfirmed({ now }: Unit, main: Main | null): Promise<boolean> {
    const key = main ? `${main.id.pid}/${main.id.startTicks}/${now.invocation}` : '';
    if (main === null || key === this.#confirmed) return true;
    const again = await showUnit(this.#unit, this.#options, ['MainPID', 'InvocationID']);
    if ('unknown' in again) return false;
    const properties = parseShow(again.text);
    const same =
      properties.get('MainPID') === String(main.id.pid) && properties.get('InvocationID') === now.invocation;
    if (same) this.#confirmed = key;
    return same;
  }

  async #snapshot(unit: Unit, main: Main | null): Promise<UnitSnapshot> {
    const { settings, now } = unit;
    const { startLimit } = settings;
    this.#controlGroup = now.controlGroup;
    this.#noteExit(unit, main);
    const seen = { restarts: now.restarts, mainStartedAtMs: now.mainStartedAtMs, running: main !== null };
    this.#starts = noteStarts(this.#starts, seen, monotonicMs(), startLimit.intervalMs);
    const readAtMs = monotonicMs();
    const { processes, leftovers } = await this.#divide(unit, main);
    const tree = processes.map((stat) => sampleOf(stat, this.#units, stat.pid === main?.id.pid));
    const first = [...processes, ...leftovers].map((stat) => stat.pid);
    const holders = this.#options.port === null ? [] : this.#ports.holders(this.#options.port, first);
    const owners = { processes, leftovers, mainUid: main?.uid ?? null };
    const incarnation: Incarnation | null = main && {
      ...main.id,
      bootId: this.#bootId,
      invocation: now.invocation,
    };
    return {
      supervisor: this.#options.user ? 'systemd-user' : 'systemd',
      unit: this.#unit,
      phase: now.phase === 'active' && now.mainPid > 1 && main === null ? 'deactivating' : now.phase,
      incarnation,
      restarts: now.restarts,
      lastExit: this.#lastExit,
      revivesAfterKill: predictRevival(settings).revives && !onlyWatchesContainer(tree),
      startLimit,
      recentStartsAtMs: this.#starts.startsAtMs,
      processes: tree,
      readAtMs,
      leftovers: leftovers.map((stat) => sampleOf(stat, this.#units, false)),
      portOwner: judgePort(this.#options.port, holders, owners),
      fingerprint: fingerprintOf(unit.properties),
    };
  }

  /** systemd forgets how a main process ended when it starts the next, and everything of a unit that is stopped. */
  #noteExit({ properties, now }: Unit, main: Main | null): void {
    const text = exitText(properties);
    const seen = this.#main;
    if (text !== null) {
      this.#lastExit = text;
      this.#main = null;
    } else if (main !== null) {
      const another = seen !== null && !sameProcess(seen, main.id);
      if (another) this.#lastExit = 'unknown (between two looks)';
      this.#main = main.id;
    } else if (seen !== null && now.phase === 'inactive') {
      this.#lastExit = 'unknown (systemd keeps nothing of a stopped unit)';
      this.#main = null;
    }
  }

  /** Only processes of our own user: nothing else could be signalled. The main process is listed whoever owns it. */
  async #divide(unit: Unit, main: Main | null): Promise<Division> {
    const { now } = unit;
    const pids = pidsOfControlGroup(now.controlGroup);
    const ours = pids.filter((pid) => pid === main?.id.pid || readRealUid(pid) === this.#uid);
    const stats = ours.map(readStat).filter((stat): stat is Stat => stat !== null);
    const invocations = await this.#invocations.valuesOf(stats);
    const members = stats.map((stat) => ({ stat, invocation: invocations.get(stat.pid) ?? null }));
    return divide(members, {
      main: main?.id ?? null,
      down: main === null && (isDown(unit) || now.mainPid > 1),
      invocation: now.invocation,
      controlPid: now.controlPid,
      startedTicks: this.#ticksAt(Math.min(now.mainStartedAtMs ?? 0, now.inactiveExitAtMs ?? 0)),
    });
  }

  /** Clock ticks since boot at a monotonic time: /proc counts the time asleep too (proc_uptime(5)). */
  #ticksAt(atMs: number): number {
    const uptimeMs = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0]) * 1_000;
    const asleepMs = Math.max(0, uptimeMs - monotonicMs());
    // One tick and a bit: /proc/uptime is in hundredths, and rounded down.
    return Math.floor(((atMs + asleepMs - 20) * this.#units.ticksPerSecond) / 1_000);
  }
}

/** The processes of a unit's cgroup, with those that are stopped or have ended marked. */
function membersOf({ now }: Unit): string {
  const stats = pidsOfControlGroup(now.controlGroup).map(readStat);
  return stats
    .map((stat) => stat && `${stat.pid}/${stat.startTicks}${/[TtZX]/.test(stat.state) ? stat.state : ''}`)
    .sort()
    .join(' ');
}

/** Has the incarnation ended, so that whatever still runs in its cgroup has outlived it? */
function isDown({ now, settings, properties }: Unit): boolean {
  if (now.phase === 'activating') return false;
  if (now.phase !== 'active') return true;
  // ExitType=cgroup: systemd calls it running until its last process is gone.
  return settings.exitType === 'cgroup' && now.subState === 'running' && exitText(properties) !== null;
}
