import type { ProcessId } from '../../core/types.js';
import { readExe, readStat } from '../../host/procfs/processes.js';
import { type Absent, type ProgramOutput, runProgram } from '../../host/program.js';
import type { Collector } from '../evidence.js';

const BYTES_MAX = 64 * 1024;
/** The main process and the one that worked most. */
const PROCESSES_MAX = 2;

export interface Stacks {
  stacks: { pid: number; by: string; text: string }[];
}

/**
 * Where its threads are: py-spy for Python, gdb for all else, if installed and permitted. Both stop the process while
 * they look, and it is about to be killed. Where a process of it is stopped or lost, that says enough, and each second of a
 * debugger is one more of the outage; on a stopped one it would wait in vain.
 */
export const stacks: Collector<Stacks> = {
  // With what goes before it, it must fit between the decision on a still counter (6.1 s) and the promise (8 s).
  limitMs: 1_200,
  after: 'processes',
  async collect({ intent, path, signal }) {
    if (intent.harmed) return { absent: 'a process of it is stopped or lost, which says enough' };
    const stopped = intent.targets.find(({ pid }) => /^[Tt]$/.test(readStat(pid)?.state ?? ''));
    if (stopped) return { absent: `pid ${stopped.pid} is stopped: its stack is where the signal met it` };
    const looks = worthALook(intent.targets, intent.incarnation.pid).map(async ({ pid }) => {
      const by = /(^|\/)python[\d.]*$/.test(readExe(pid) ?? '') ? 'py-spy' : 'gdb';
      const dumped = await runProgram(by, ARGUMENTS[by](pid), { path, maxBytes: BYTES_MAX, signal });
      const why = refusal(by, dumped);
      return why === null ? { pid, by, text: (dumped as ProgramOutput).text } : why;
    });
    // Side by side: nothing is killed before the last of them is done.
    const taken = await Promise.all(looks);
    const found = taken.filter((look) => typeof look !== 'string');
    const reasons = new Set(taken.filter((look) => typeof look === 'string'));
    return found.length > 0 ? { stacks: found } : { absent: [...reasons].join('; ') || 'no process is left' };
  },
};

const ARGUMENTS = {
  'py-spy': (pid: number) => ['dump', '--pid', String(pid)],
  gdb: (pid: number) => [
    ...['-nx', '-batch', '-iex', 'set auto-load off', '-iex', 'set debuginfod enabled off'],
    // Line numbers of a torch take gdb half a minute; names of functions are what tells.
    ...['-iex', 'set auto-solib-add off', '-p', String(pid)],
    ...['-ex', 'sharedlibrary libc', '-ex', 'thread apply all bt 32', '-ex', 'detach'],
  ],
} as const;

function worthALook(targets: readonly ProcessId[], main: number): ProcessId[] {
  const worked = (id: ProcessId) => {
    const stat = readStat(id.pid);
    return stat?.startTicks === id.startTicks ? stat.utimeTicks + stat.stimeTicks : -1;
  };
  const alive = targets.map((id) => ({ id, worked: worked(id) })).filter(({ worked }) => worked >= 0);
  const busiest = alive.sort((a, b) => b.worked - a.worked).map(({ id }) => id);
  const mainFirst = [
    ...busiest.filter(({ pid }) => pid === main),
    ...busiest.filter(({ pid }) => pid !== main),
  ];
  return mainFirst.slice(0, PROCESSES_MAX);
}

/** Why there are no stacks in what the tool said; null when there are. */
function refusal(by: string, dumped: ProgramOutput | Absent): string | null {
  if ('absent' in dumped) return dumped.absent;
  if (/operation not permitted|permission denied|failed to (attach|open)/i.test(dumped.text)) {
    return `${by} is not permitted to look (ptrace)`;
  }
  const useful = by === 'gdb' ? /^#\d+ /m.test(dumped.text) : dumped.code === 0;
  return useful ? null : `${by}: ${dumped.text.trim().split('\n').at(-1) ?? `exit status ${dumped.code}`}`;
}
