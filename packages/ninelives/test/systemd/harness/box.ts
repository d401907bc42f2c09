import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ProcessId } from '../../../src/core/types.js';
import { sleep } from '../../../src/host/clock.js';
import { readStat } from '../../../src/host/procfs/processes.js';
import { makeCgroups } from './cgroup.js';
import { createInside, type Inside } from './inside.js';
import { clearRemains, mountRoot, tearDown, writeOwner } from './remains.js';

/** A machine with a real systemd as PID 1, booted for this run, over a copy-on-write view of this one. */
export interface Box extends Inside {
  /** The power fails: everything inside ends at once, nothing is flushed or stopped in order. */
  powerCut(): void;
  /** Boots it again, with the disk as the cut has left it. */
  powerOn(): Promise<void>;
  /** Its root folder, as seen from outside. */
  root: string;
  /** Its PID 1, as seen from outside. */
  leader(): ProcessId;
  /** Ends it and removes every trace. Safe to call twice. */
  down(): void;
}

/** The checkout, read-only, inside. */
export const CHECKOUT = '/opt/ninelives';
export const NODE = '/opt/node';

const REPOSITORY = fileURLToPath(new URL('../../../../../../', import.meta.url));
const BOOT_LIMIT_MS = 60_000;

/** Only what the tests need, so that no service of the host's own wakes up inside. */
const TARGET = `[Unit]
Description=What the tests need
Requires=basic.target dbus.socket
Wants=systemd-logind.service systemd-user-sessions.service
After=basic.target
AllowIsolate=yes
`;

/**
 * Boots the box (about 3 s) with an ordinary user `jc`, who lingers and may not sudo. It ends with this process,
 * whichever way that ends; remains of a run that was killed are removed by the next one.
 */
export async function bootBox(): Promise<Box> {
  clearRemains();
  const name = `ninelives-box-${randomBytes(4).toString('hex')}`;
  const rig = mountRoot(name);
  const down = () => tearDown(rig, name);
  const onSignal = () => {
    down();
    process.exit(130);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  process.once('exit', down);
  for (const signal of signals) process.once(signal, onSignal);
  try {
    const root = join(rig, 'root');
    furnish(root);
    let leader = await start(rig, name);
    const inside = createInside(() => leader, root);
    await settle(inside, rig);
    await addUser(inside);
    return {
      ...inside,
      down,
      root,
      powerCut: () => tearDown(rig, name, 'processes'),
      async powerOn() {
        leader = await start(rig, name);
        await settle(inside, rig);
      },
      leader: () => leader,
    };
  } catch (error) {
    const log = readFileSync(join(rig, 'nspawn.log'), 'utf8').slice(-2_000);
    down();
    throw new Error(`the box did not boot: ${error}\n${log}`, { cause: error });
  }
}

function furnish(root: string): void {
  const units = join(root, 'etc/systemd/system');
  mkdirSync(units, { recursive: true });
  writeFileSync(join(units, 'box.target'), TARGET);
  rmSync(join(units, 'default.target'), { force: true });
  cpSync(join(units, 'box.target'), join(units, 'default.target'));
  // Not the host's own, and not empty: an empty one means a first boot, which enables every unit there is.
  rmSync(join(root, 'etc/machine-id'), { force: true });
  writeFileSync(join(root, 'etc/machine-id'), `${randomBytes(16).toString('hex')}\n`);
  for (const path of [NODE, CHECKOUT]) mkdirSync(dirname(join(root, path)), { recursive: true });
}

/** Starts systemd-nspawn in cgroups of its own; returns the container's PID 1 as seen from here. */
async function start(rig: string, name: string): Promise<ProcessId> {
  const log = openSync(join(rig, 'nspawn.log'), 'a');
  const joins = makeCgroups(name).map((folder) => `echo $$ > ${folder}/cgroup.procs`);
  const nspawn = [
    ...[
      'systemd-nspawn',
      '--register=no',
      '--keep-unit',
      `--directory=${join(rig, 'root')}`,
      '--private-network',
    ],
    ...['--boot', '--console=pipe', `--machine=${name}`, `--bind-ro=${REPOSITORY}:${CHECKOUT}`],
    `--bind-ro=${process.execPath}:${NODE}`,
  ];
  const script = `set -e; ${joins.join('; ')}; exec "$@"`;
  const child = spawn('/bin/sh', ['-c', script, 'sh', ...nspawn], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' },
  });
  child.unref();
  const untilMs = performance.now() + BOOT_LIMIT_MS;
  const stat = readStat(child.pid ?? 0);
  if (!stat) throw new Error('systemd-nspawn did not start');
  while (performance.now() < untilMs && child.exitCode === null) {
    const leader = childOf(stat.pid);
    if (leader) {
      writeOwner(rig, [{ pid: stat.pid, startTicks: stat.startTicks }, leader]);
      return leader;
    }
    await sleep(20);
  }
  throw new Error(`systemd-nspawn ended with ${child.exitCode} before its container began`);
}

function childOf(pid: number): ProcessId | null {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const stat = readStat(Number(children.split(' ')[0]));
    // Between fork and exec it is not the container's PID 1 yet.
    return stat && /^(systemd|init)$/.test(stat.comm) ? { pid: stat.pid, startTicks: stat.startTicks } : null;
  } catch {
    return null;
  }
}

async function settle(inside: Inside, rig: string): Promise<void> {
  const untilMs = performance.now() + BOOT_LIMIT_MS;
  let last = '';
  while (performance.now() < untilMs) {
    const { stdout, stderr } = await inside.asRoot(['systemctl', 'is-system-running']);
    last = stdout.trim() || stderr.trim();
    // `degraded`: some unit of the host's own does not like a container, which is none of our business.
    if (last === 'running' || last === 'degraded') return;
    await sleep(50);
  }
  throw new Error(`${rig}: still "${last}" after ${BOOT_LIMIT_MS} ms`);
}

async function addUser(inside: Inside): Promise<void> {
  const script = `id jc >/dev/null 2>&1 || useradd --create-home --shell /bin/sh jc
    loginctl enable-linger jc
    until systemctl --user --machine=jc@ is-system-running --wait >/dev/null 2>&1 || \\
      systemctl is-active --quiet user@$(id -u jc).service; do sleep 0.05; done`;
  const { code, stderr } = await inside.asRoot(['/bin/sh', '-c', script]);
  if (code !== 0) throw new Error(`no user jc: ${stderr}`);
}
