import { readFile } from 'node:fs/promises';
import { readCgroup } from '../../host/procfs/processes.js';
import type { Collector } from '../evidence.js';

const CGROUP_ROOT = '/sys/fs/cgroup';
const FILES = {
  load: '/proc/loadavg',
  cpuPressure: '/proc/pressure/cpu',
  memoryPressure: '/proc/pressure/memory',
  ioPressure: '/proc/pressure/io',
};
const CGROUP_FILES = ['memory.current', 'memory.max', 'memory.events', 'cpu.stat', 'pids.current'];

export interface Machine {
  /** Kernel file to its text: proc_loadavg(5), pressure stall information, cgroup v2. */
  texts: { [name: string]: string };
  /** Bytes: MemTotal, MemAvailable, SwapTotal, SwapFree … */
  memory: { [name: string]: number };
}

/** Was it the process alone, or the whole machine: load, pressure, memory, and the limits of the service's cgroup. */
export const machine: Collector<Machine> = {
  limitMs: 500,
  async collect({ intent }) {
    const cgroup = readCgroup(intent.incarnation.pid);
    // The root group has none of these files.
    const inCgroup =
      cgroup === null ? [] : CGROUP_FILES.map((name) => [name, `${CGROUP_ROOT}${cgroup}/${name}`]);
    const read = [...Object.entries(FILES), ...inCgroup].map(async ([name = '', path = '']) => {
      const text = await readFile(path, 'latin1').catch(() => null);
      return text === null ? [] : [[name, text.trim().slice(0, 2_000)]];
    });
    const meminfo = await readFile('/proc/meminfo', 'latin1').catch(() => '');
    const memory = [...meminfo.matchAll(/^(MemTotal|MemAvailable|SwapTotal|SwapFree|Shmem):\s+(\d+) kB$/gm)];
    return {
      texts: Object.fromEntries((await Promise.all(read)).flat()),
      memory: Object.fromEntries(memory.map(([, name, kb]) => [name, Number(kb) * 1_024])),
    };
  },
};
