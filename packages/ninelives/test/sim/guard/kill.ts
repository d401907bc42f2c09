import type { KillIntent } from '../../../src/core/decision.js';
import type { ProcessId } from '../../../src/core/types.js';
import type { KillReport } from '../../../src/daemon/ports.js';
import { DAEMON_KILLED } from '../box/disk.js';
import type { Machine } from '../box/machine.js';
import type { Mark } from '../seed/marks.js';

const LIMIT_MS = 5_000;
const POLL_MS = 250;

/** Which mark a kill for this verdict earns. */
const EARNS: { [kind: string]: Mark } = {
  hung: 'killed-hung',
  frozen: 'killed-frozen',
  wrong: 'killed-wrong',
  erroring: 'killed-erroring',
  'stuck-loading': 'stuck-loading-killed',
};

/** The twin of host/kill.ts on the simulated process table; the truth looks on at every signal. */
export function killPort(
  machine: Machine,
  daemon: number,
  intent: KillIntent,
  later: (delayMs: number, run: () => void) => void,
  done: (report: KillReport) => void,
): void {
  const { stage, processes, truth, disk } = machine;
  truth.beforeKill(intent, daemon, disk.full);
  if (intent.incarnation.bootId !== stage.bootId()) {
    return later(1, () => done({ outcome: 'already-gone', remaining: [], detail: 'rebooted since' }));
  }
  const chance = stage.chance(`kill/${daemon}/${intent.id}`);
  const dies = () => stage.faulty && chance.yes(stage.scenario.deathAroundKill / 2);
  const isThere = ({ pid, startTicks }: ProcessId) => processes.find(pid)?.startTicks === startTicks;
  let signalled = 0;
  let reused = 0;
  for (const target of intent.targets) {
    const proc = processes.find(target.pid);
    if (!proc) continue;
    if (proc.startTicks !== target.startTicks) {
      reused += 1;
      stage.mark('pid-reused-spared');
      continue;
    }
    truth.beforeSignal(intent, proc);
    const earned = intent.what === 'incarnation' && EARNS[truth.kindOf(intent)];
    if (earned) stage.mark(earned);
    processes.sigkill(proc, 'SIGKILL by guard');
    signalled += 1;
    if (signalled === 1 && intent.targets.length > 1 && dies()) {
      stage.mark('daemon-died-in-the-list');
      throw DAEMON_KILLED;
    }
  }
  if (dies()) {
    stage.mark('daemon-died-before-outcome');
    throw DAEMON_KILLED;
  }
  const deadline = stage.nowMs + LIMIT_MS;
  const poll = () => {
    const remaining = intent.targets.filter(isThere);
    if (remaining.length > 0 && stage.nowMs < deadline) return later(POLL_MS, poll);
    const detail = `SIGKILL sent to ${signalled} of ${intent.targets.length}`;
    if (remaining.length > 0) return done({ outcome: 'still-there', remaining, detail });
    if (signalled > 0) return done({ outcome: 'killed', remaining, detail });
    done({ outcome: reused > 0 ? 'not-same' : 'already-gone', remaining, detail });
  };
  later(20, poll);
}
