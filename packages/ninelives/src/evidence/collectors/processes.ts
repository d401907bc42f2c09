import { readdir, readFile } from 'node:fs/promises';
import type { ProcessId } from '../../core/types.js';
import { sleep } from '../../host/clock.js';
import { parseStat } from '../../host/procfs/parse.js';
import { readStat, readUnits, sampleOf } from '../../host/procfs/processes.js';
import type { Collector } from '../evidence.js';

/** CPU and I/O are what was used in between two looks this far apart. */
const APART_MS = 200;
const PROCESSES_MAX = 64;
const THREADS_MAX = 256;
const GROUPS_MAX = 24;

/** Threads of one name that do the same. */
export interface ThreadGroup {
  name: string;
  state: string;
  /** The kernel function it waits in; null where it runs, or where we may not look. */
  waitsIn: string | null;
  count: number;
  /** Of all of them, between the two looks. */
  cpuMs: number;
}

export interface ProcessEvidence extends ProcessId {
  main: boolean;
  parent: number;
  name: string;
  /** As of proc_pid_stat(5), field 3: T is stopped, D waits in the kernel and takes no signal. */
  state: string;
  waitsIn: string | null;
  /** Between the two looks. */
  cpuMs: number;
  ioBytes: number;
  /** So far in its life. */
  cpuTotalMs: number;
  threads: { count: number; groups: ThreadGroup[] };
  /** VmRSS, VmSwap and the like in bytes, signals pending in hex: /proc/PID/status. */
  memory: { [name: string]: number };
  signals: { [name: string]: string };
  descriptors: number | null;
}

export interface Processes {
  betweenMs: number;
  processes: ProcessEvidence[];
  /** Listed in the intent and gone before we looked, or beyond what is kept. */
  left: number;
}

/** The tree: states, what it waits in, threads, CPU and I/O over 200 ms, memory. None of these files blocks. */
export const processes: Collector<Processes> = {
  limitMs: 1_500,
  async collect({ intent, signal }) {
    const units = readUnits();
    const targets = intent.targets.slice(0, PROCESSES_MAX);
    const before = await Promise.all(targets.map((target) => look(target, units)));
    await sleep(APART_MS, signal);
    const after = await Promise.all(targets.map((target) => look(target, units)));
    const seen = targets.flatMap((target, at) => {
      const [first, second] = [before[at], after[at]];
      return first && second ? [{ target, first, second }] : [];
    });
    const evidence = seen.map(async ({ target, first, second }) => ({
      pid: target.pid,
      startTicks: target.startTicks,
      main: target.pid === intent.incarnation.pid,
      parent: second.stat.ppid,
      name: second.stat.comm,
      state: second.stat.state,
      waitsIn: await waitsIn(`/proc/${target.pid}`),
      cpuMs: second.sample.cpuMs - first.sample.cpuMs,
      ioBytes: second.sample.ioBytes - first.sample.ioBytes,
      cpuTotalMs: second.sample.cpuMs,
      threads: await threadsOf(target.pid, first.threads, second.threads, units.ticksPerSecond),
      ...(await statusOf(target.pid)),
      descriptors: await countOf(`/proc/${target.pid}/fd`),
    }));
    return {
      betweenMs: APART_MS,
      processes: await Promise.all(evidence),
      left: intent.targets.length - seen.length,
    };
  },
};

type ThreadTicks = Map<number, number>;

async function look(target: ProcessId, units: ReturnType<typeof readUnits>) {
  const stat = readStat(target.pid);
  if (stat === null || stat.startTicks !== target.startTicks) return null;
  return { stat, sample: sampleOf(stat, units, false), threads: await threadTicks(target.pid) };
}

async function threadTicks(pid: number): Promise<ThreadTicks> {
  const tids = (await readdir(`/proc/${pid}/task`).catch(() => [])).map(Number).slice(0, THREADS_MAX);
  const ticks = await Promise.all(
    tids.map(async (tid): Promise<[number, number]> => {
      const stat = await readThread(pid, tid);
      return [tid, stat ? stat.utimeTicks + stat.stimeTicks : 0];
    }),
  );
  return new Map(ticks);
}

async function readThread(pid: number, tid: number) {
  return parseStat(await readFile(`/proc/${pid}/task/${tid}/stat`, 'latin1').catch(() => ''));
}

async function threadsOf(pid: number, before: ThreadTicks, after: ThreadTicks, ticksPerSecond: number) {
  const groups = new Map<string, ThreadGroup>();
  for (const [tid, ticks] of after) {
    const stat = await readThread(pid, tid);
    if (stat === null) continue;
    const where = await waitsIn(`/proc/${pid}/task/${tid}`);
    const key = `${stat.comm}/${stat.state}/${where}`;
    const group = groups.get(key) ?? {
      name: stat.comm,
      state: stat.state,
      waitsIn: where,
      count: 0,
      cpuMs: 0,
    };
    group.count += 1;
    group.cpuMs += ((ticks - (before.get(tid) ?? ticks)) * 1_000) / ticksPerSecond;
    groups.set(key, group);
  }
  const busiest = [...groups.values()].sort((a, b) => b.cpuMs - a.cpuMs || b.count - a.count);
  const count = await countOf(`/proc/${pid}/task`);
  return { count: count ?? after.size, groups: busiest.slice(0, GROUPS_MAX) };
}

/** proc_pid_wchan(5): 0 while it runs, and where we may not look. */
async function waitsIn(folder: string): Promise<string | null> {
  const text = await readFile(`${folder}/wchan`, 'latin1').catch(() => '0');
  return text === '0' || text === '' ? null : text;
}

/** The lines of /proc/PID/status that tell of memory and of signals that wait. */
async function statusOf(pid: number): Promise<Pick<ProcessEvidence, 'memory' | 'signals'>> {
  const text = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const memory = [...text.matchAll(/^(Vm(?:Peak|Size|HWM|RSS|Swap)|Rss\w+):\s+(\d+) kB$/gm)];
  const signals = [...text.matchAll(/^(SigPnd|ShdPnd|SigBlk|SigIgn):\s+([0-9a-f]+)$/gm)];
  return {
    memory: Object.fromEntries(memory.map(([, name, kb]) => [name, Number(kb) * 1_024])),
    signals: Object.fromEntries(signals.map(([, name, mask]) => [name, mask ?? ''])),
  };
}

async function countOf(folder: string): Promise<number | null> {
  return readdir(folder).then(
    (names) => names.length,
    () => null,
  );
}
