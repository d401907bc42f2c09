import { execFile, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const UNITS = '/etc/systemd/system';
const CGROUPS = '/sys/fs/cgroup/system.slice';
/** SD_MESSAGE_UNIT_PROCESS_EXIT, see systemd.journal-fields(7) and sd-messages.h. */
const PROCESS_EXIT = '98e322203f7a4ed290d09fe03c09fe15';
const execute = promisify(execFile);

/** Writes and starts a unit that runs as jc, and has no other setting than those given. A new name needs no reload. */
export async function startUnit(unit, command, { env, settings, log }) {
  const lines = [
    '[Service]',
    'User=jc',
    `ExecStart=${command.join(' ')}`,
    ...Object.entries(env).map(([name, value]) => `Environment=${name}=${value}`),
    ...settings,
    `StandardOutput=append:${log}`,
    `StandardError=append:${log}`,
  ];
  writeFileSync(`${UNITS}/${unit}`, `${lines.join('\n')}\n`);
  await execute('systemctl', ['start', unit]);
}

/** Ends a unit with all that its cgroup holds, also what its KillMode left behind. */
export async function endUnit(unit) {
  const quietly = (...args) => execute('systemctl', args).catch(() => {});
  await quietly('kill', '--kill-whom=all', '--signal=KILL', unit);
  const stop = quietly('stop', unit);
  for (const pid of pidsOf(unit)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Gone in the meantime.
    }
  }
  await stop;
  await quietly('reset-failed', unit);
  rmSync(`${UNITS}/${unit}`, { force: true });
}

export function show(unit, ...properties) {
  const { stdout } = spawnSync('systemctl', ['show', `--property=${properties.join(',')}`, unit], {
    encoding: 'utf8',
  });
  return stdout.trim().replaceAll('\n', ' ');
}

/** CPU time used so far and memory held now by a unit's processes; null when it runs no more. */
export function usageOf(unit) {
  const pids = pidsOf(unit);
  if (pids.length === 0) return null;
  const stat = readFileSync(`${CGROUPS}/${unit}/cpu.stat`, 'utf8');
  const cpuS = Number(/^usage_usec (\d+)/m.exec(stat)?.[1]) / 1e6;
  return { cpuS, rssMb: pids.reduce((sum, pid) => sum + rssMb(pid), 0) };
}

function rssMb(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

function pidsOf(unit) {
  try {
    const folders = [`${CGROUPS}/${unit}`];
    for (const entry of readdirSync(folders[0], { withFileTypes: true })) {
      if (entry.isDirectory()) folders.push(`${folders[0]}/${entry.name}`);
    }
    return folders.flatMap((folder) =>
      readFileSync(`${folder}/cgroup.procs`, 'utf8').trim().split('\n').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** Follows systemd's own journal: `exits(unit)` is how that unit's main process ended, each time, in order. */
export function followExits() {
  const fields = '--output-fields=UNIT,MESSAGE_ID,EXIT_CODE,EXIT_STATUS,MESSAGE';
  const child = spawn('journalctl', ['--follow', '--lines=0', '--output=json', fields, '_PID=1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const seen = new Map();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const entry = JSON.parse(line);
    if (entry.MESSAGE_ID !== PROCESS_EXIT || !String(entry.MESSAGE).includes('Main process')) return;
    const exits = seen.get(entry.UNIT) ?? [];
    exits.push({
      atMs: Number(entry.__REALTIME_TIMESTAMP) / 1_000,
      code: entry.EXIT_CODE,
      status: entry.EXIT_STATUS,
    });
    seen.set(entry.UNIT, exits);
  });
  return { exits: (unit) => seen.get(unit) ?? [], end: () => child.kill('SIGTERM') };
}
