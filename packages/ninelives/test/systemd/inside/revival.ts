import { setTimeout as sleep } from 'node:timers/promises';
import { bootId } from '../../../src/host/clock.js';
import { createKillPorts, performKill } from '../../../src/host/kill.js';
import { readStat } from '../../../src/host/procfs/processes.js';
import { pidsOfControlGroup } from '../../../src/host/systemd/cgroup.js';
import { predictRevival } from '../../../src/host/systemd/revival.js';
import { showUnit } from '../../../src/host/systemd/systemctl.js';
import { parseUnit, type Unit } from '../../../src/host/systemd/unit.js';
import { CASES, type Case, survivorsOf, unitOf } from '../cases.js';

/**
 * Runs inside the box as an ordinary user: for every case the prediction, the kill, and what systemd then did.
 * Prints one line of JSON a case.
 */
export interface Verdict {
  name: string;
  predicted: boolean;
  because: string;
  happened: 'revived' | 'stayed down' | 'undecided';
  afterMs: number;
  /** The state in which it ended, for people. */
  end: string;
}

/** Longer than the longest stop timeout of the table, several times over. */
const LIMIT_MS = 25_000;
/** Down, or up without a main process, for this long without a change: settled. */
const SETTLED_MS = 7_000;
const POLL_MS = 300;

async function look(entry: Case): Promise<Unit> {
  const shown = await showUnit(unitOf(entry), { user: entry.manager === 'user' });
  if ('unknown' in shown) throw new Error(`${entry.name}: ${shown.unknown}`);
  return parseUnit(shown.text);
}

async function judge(entry: Case): Promise<Verdict> {
  const before = await look(entry);
  const { because, revives } = predictRevival(before.settings, survivorsOf(entry));
  await kill(entry, before);
  const killedAtMs = performance.now();
  let happened: Verdict['happened'] = 'undecided';
  let last = '';
  let sinceMs = killedAtMs;
  while (performance.now() - killedAtMs < LIMIT_MS) {
    await sleep(POLL_MS);
    const { now } = await look(entry);
    if (now.mainPid > 1 && now.mainPid !== before.now.mainPid && now.activeState === 'active') {
      happened = 'revived';
      last = 'active/running';
      break;
    }
    const state = `${now.activeState}/${now.subState} NRestarts=${now.restarts} Result=${now.result}`;
    if (state !== last) sinceMs = performance.now();
    last = state;
    if (now.phase !== 'auto-restart' && performance.now() - sinceMs > SETTLED_MS) {
      happened = 'stayed down';
      break;
    }
  }
  const afterMs = Math.round(performance.now() - killedAtMs);
  return { name: entry.name, predicted: revives, because, happened, afterMs, end: last };
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

const verdicts = await Promise.allSettled(CASES.map(judge));
for (const [index, verdict] of verdicts.entries()) {
  const line =
    verdict.status === 'fulfilled'
      ? verdict.value
      : { name: CASES[index]?.name, error: String(verdict.reason) };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
