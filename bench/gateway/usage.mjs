import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: ten milliseconds a tick on every Linux that Node runs on. */
const TICK_US = 10_000;

/** Processor time of a process and everything below it, µs. */
export function cpuOf(pid) {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((stat) => stat !== null);
  const tree = new Set([pid]);
  for (let before = 0; before < tree.size; ) {
    before = tree.size;
    for (const stat of stats) if (tree.has(stat.ppid)) tree.add(stat.pid);
  }
  return stats.reduce((sum, stat) => sum + (tree.has(stat.pid) ? stat.ticks : 0), 0) * TICK_US;
}

/** Processor time of the whole machine, µs: who else was at work? */
export function cpuOfAll() {
  const [user, nice, system] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system) * TICK_US;
}

function statOf(name) {
  try {
    const text = readFileSync(`/proc/${name}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid: Number(name), ppid: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null; // it has ended
  }
}
