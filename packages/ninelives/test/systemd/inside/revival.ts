import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { systemdRows } from '../../../src/doctor/systemd/rows.js';
import { bootId } from '../../../src/host/clock.js';
import { createKillPorts, performKill } from '../../../src/host/kill.js';
import { readStat } from '../../../src/host/procfs/processes.js';
import { pidsOfControlGroup } from '../../../src/host/systemd/cgroup.js';
import { predictRevival } from '../../../src/host/systemd/revival.js';
import { PROPERTIES, parseUnit, type Unit } from '../../../src/host/systemd/unit.js';
import { CASES, type Case, survivorsOf, unitOf } from '../cases.js';

/**
 * Runs inside the box as an ordinary user: for every case the prediction, the kill, and what systemd then did.
 * Prints one line of JSON a case.
 */
export interface Verdict {
  name: string;
  predicted: boolean;
  /** Does `doctor` exit 0 for it? Asked of the guard's own kill, which leaves no survivors. */
  sound: boolean;
  because: string;
  happened: 'revived' | 'stayed down' | 'undecided';
  afterMs: number;
  /** The state in which it ended, for people. */
  end: string;
}

const run = promisify(execFile);

/** Longer than the longest stop timeout of the table, several times over. */
const LIMIT_MS = 60_000;
/** Down, or up without a main process, for this long without a change: settled. */
const SETTLED_MS = 7_000;
const POLL_MS = 300;

/** One look at every unit of a manager: one program instead of one a unit, so that a busy machine keeps up. */
async function lookAtAll(): Promise<Map<string, Unit>> {
  const looks = [false, true].map(async (user) => {
    const names = CASES.filter((entry) => (entry.manager === 'user') === user).map(unitOf);
    const scope = user ? ['--user'] : [];
    const { stdout } = await run('systemctl', [...scope, 'show', `--property=${PROPERTIES}`, ...names]);
    return stdout.split('\n\n').map(parseUnit);
  });
  const units = (await Promise.all(looks)).flat();
  return new Map(units.map((unit) => [unit.settings.id, unit]));
}

interface Watched {
  entry: Case;
  before: Unit;
  verdict: Verdict;
  killedAtMs: number;
  sinceMs: number;
}

async function begin(entry: Case, before: Unit): Promise<Watched> {
  const { because, revives } = predictRevival(before.settings, survivorsOf(entry));
  await kill(entry, before);
  const now = performance.now();
  const verdict: Verdict = {
    name: entry.name,
    predicted: revives,
    sound: isSound(entry, before),
    because,
    happened: 'undecided',
    afterMs: 0,
    end: '',
  };
  return { entry, before, verdict, killedAtMs: now, sinceMs: now };
}

/** Takes in one more look; true when it is decided, or the time is up. */
function settle(watched: Watched, { now }: Unit): boolean {
  const { before, verdict } = watched;
  const atMs = performance.now();
  const state = `${now.activeState}/${now.subState} NRestarts=${now.restarts} Result=${now.result}`;
  if (state !== verdict.end) watched.sinceMs = atMs;
  verdict.end = state;
  verdict.afterMs = Math.round(atMs - watched.killedAtMs);
  const another = now.mainPid > 1 && now.mainPid !== before.now.mainPid;
  if (another && now.activeState === 'active') verdict.happened = 'revived';
  else if (now.phase !== 'auto-restart' && atMs - watched.sinceMs > SETTLED_MS)
    verdict.happened = 'stayed down';
  return verdict.happened !== 'undecided' || verdict.afterMs > LIMIT_MS;
}

/** Doctor's rows for this unit, everything around it being as it should. */
function isSound(entry: Case, { settings, now }: Unit): boolean {
  const uid = process.getuid?.() ?? -1;
  const rows = systemdRows({
    unit: unitOf(entry),
    user: entry.manager === 'user',
    settings,
    revival: predictRevival(settings),
    systemdVersion: null,
    me: { uid, name: 'jc' },
    main: { pid: now.mainPid, uid, program: settings.program },
    ignoreTerm: [],
    linger: true,
    port: null,
    portOwner: { who: 'unknown', text: '' },
    probeUrl: 'http://127.0.0.1',
    loadMs: null,
    policy: { killsMax: 3, windowMs: 900_000 },
    guard: null,
  });
  return rows.every(({ level }) => level !== 'fail');
}

/** By the product's own aimed kill. */
async function kill(entry: Case, { now, settings }: Unit): Promise<void> {
  const main = readStat(now.mainPid);
  if (!main)
    throw new Error(
      `${entry.name}: no main process (${now.activeState}/${now.subState}, ${settings.loadState})`,
    );
  const others = pidsOfControlGroup(now.controlGroup).filter((pid) => pid !== main.pid);
  const expected = entry.worker ? 1 : 0;
  if (others.length !== expected)
    throw new Error(`${entry.name}: ${others.length} workers instead of ${expected}`);
  const listed = entry.kill === 'list' ? others.map(readStat).filter((stat) => stat !== null) : [];
  const targets = [main, ...listed].map(({ pid, startTicks }) => ({ pid, startTicks }));
  const incarnation = {
    pid: main.pid,
    startTicks: main.startTicks,
    bootId: bootId(),
    invocation: now.invocation,
  };
  const at = { atMs: 0, wallMs: 0 };
  const aim = {
    id: entry.name,
    service: entry.name,
    incidentId: '',
    reason: '',
    what: 'incarnation' as const,
  };
  const report = await performKill({ ...aim, incarnation, targets, ...at }, createKillPorts());
  if (report.outcome !== 'killed') throw new Error(`${entry.name}: ${report.outcome}: ${report.detail}`);
}

const first = await lookAtAll();
const begun = await Promise.all(CASES.map((entry) => begin(entry, first.get(unitOf(entry)) as Unit)));
let open = begun;
while (open.length > 0) {
  await sleep(POLL_MS);
  const units = await lookAtAll();
  open = open.filter((watched) => !settle(watched, units.get(unitOf(watched.entry)) as Unit));
}
for (const { verdict } of begun) process.stdout.write(`${JSON.stringify(verdict)}\n`);
