import type { Survivors } from '../../src/host/systemd/revival.js';

/** One unit file of which systemd is asked what a SIGKILL leads to. What it will do is not written here. */
export interface Case {
  name: string;
  service: string[];
  /** Lines for [Unit]. */
  unit?: string[];
  /** A worker beside the main process, and how it takes SIGTERM. */
  worker?: 'obeys' | 'ignores';
  /** `list`: main first, then the rest of its cgroup, as the guard does. */
  kill?: 'main' | 'list';
  /** Run by root after the start. `UNIT` stands for the unit's name. */
  afterwards?: string;
  manager?: 'system' | 'user';
}

const SLEEP = '/bin/sleep infinity';
const WORKER = {
  none: SLEEP,
  obeys: `/bin/sh -c 'sleep infinity & exec sleep infinity'`,
  ignores: `/bin/sh -c '(trap "" TERM; exec sleep infinity) & exec sleep infinity'`,
};

/** Of each Restart= what it does with a plain SIGKILL, then every setting that changes that answer. */
export const CASES: Case[] = [
  ...['always', 'on-failure', 'on-abnormal', 'on-abort', 'on-success', 'on-watchdog', 'no'].map(
    (restart) => ({
      name: restart,
      service: [`Restart=${restart}`],
    }),
  ),
  { name: 'default', service: [] },
  { name: 'unknown-restart', service: ['Restart=sometimes'] },
  ...successIsKill(),
  { name: 'success-137', service: ['Restart=on-failure', 'SuccessExitStatus=137'] },
  { name: 'success-9', service: ['Restart=on-failure', 'SuccessExitStatus=9'] },
  { name: 'prevent', service: ['Restart=on-failure', 'RestartPreventExitStatus=SIGKILL'] },
  { name: 'prevent-always', service: ['Restart=always', 'RestartPreventExitStatus=1 SIGKILL'] },
  { name: 'prevent-9', service: ['Restart=on-failure', 'RestartPreventExitStatus=9'] },
  { name: 'prevent-137', service: ['Restart=always', 'RestartPreventExitStatus=137'] },
  { name: 'force', service: ['Restart=no', 'RestartForceExitStatus=SIGKILL'] },
  { name: 'force-137', service: ['Restart=no', 'RestartForceExitStatus=137'] },
  {
    name: 'force-and-prevent',
    service: ['Restart=always', 'RestartForceExitStatus=SIGKILL', 'RestartPreventExitStatus=SIGKILL'],
  },
  ...excused(),
  { name: 'remain', service: ['Restart=on-failure', 'RemainAfterExit=yes'] },
  { name: 'remain-success', service: ['Restart=always', 'RemainAfterExit=yes', 'SuccessExitStatus=SIGKILL'] },
  { name: 'limit-1', unit: ['StartLimitBurst=1'], service: ['Restart=on-failure'] },
  { name: 'limit-2', unit: ['StartLimitBurst=2'], service: ['Restart=on-failure'] },
  {
    name: 'limit-off',
    unit: ['StartLimitBurst=1', 'StartLimitIntervalSec=0'],
    service: ['Restart=on-failure'],
  },
  { name: 'limit-old-place', service: ['Restart=always', 'StartLimitBurst=1', 'StartLimitInterval=1h'] },
  { name: 'limit-wrong-place', service: ['Restart=always', 'StartLimitIntervalSec=0', 'StartLimitBurst=1'] },
  {
    name: 'steps',
    service: ['Restart=on-failure', 'RestartSec=1', 'RestartSteps=3', 'RestartMaxDelaySec=3'],
  },
  { name: 'notify', service: ['Restart=on-failure', 'Type=notify', 'NotifyAccess=all', ready()] },
  { name: 'exec', service: ['Restart=on-failure', 'Type=exec'] },
  { name: 'idle', service: ['Restart=on-failure', 'Type=idle'] },
  { name: 'forking', service: ['Restart=on-failure', 'Type=forking', forks()] },
  { name: 'stop-post-fails', service: ['Restart=on-failure', 'ExecStopPost=/bin/false'] },
  { name: 'oom-kill', service: ['Restart=on-failure', 'OOMPolicy=kill'] },
  {
    name: 'no-manual-start',
    unit: ['RefuseManualStop=yes', 'CollectMode=inactive-or-failed'],
    service: ['Restart=on-failure'],
  },
  {
    name: 'masked',
    service: ['Restart=always'],
    afterwards: 'systemctl mask --runtime UNIT; systemctl daemon-reload',
  },
  {
    name: 'removed',
    service: ['Restart=always'],
    afterwards: 'rm /etc/systemd/system/UNIT; systemctl daemon-reload',
  },
  {
    name: 'drop-in-no',
    service: ['Restart=always'],
    afterwards: `mkdir -p /run/systemd/system/UNIT.d; printf '[Service]\\nRestart=no\\n' >/run/systemd/system/UNIT.d/a.conf
      systemctl daemon-reload`,
  },
  {
    name: 'drop-in-unread',
    service: ['Restart=always'],
    afterwards: `mkdir -p /run/systemd/system/UNIT.d; printf '[Service]\\nRestart=no\\n' >/run/systemd/system/UNIT.d/a.conf`,
  },
  ...survivors(),
  { name: 'user-on-failure', manager: 'user', service: ['Restart=on-failure'] },
  { name: 'user-no', manager: 'user', service: [] },
  { name: 'user-success', manager: 'user', service: ['Restart=on-failure', 'SuccessExitStatus=SIGKILL'] },
];

function successIsKill(): Case[] {
  const success = 'SuccessExitStatus=SIGKILL';
  return [
    { name: 'success', service: ['Restart=on-failure', success] },
    { name: 'success-short', service: ['Restart=on-failure', 'SuccessExitStatus=3 KILL'] },
    { name: 'success-always', service: ['Restart=always', success] },
    { name: 'success-on-success', service: ['Restart=on-success', success] },
    { name: 'success-forced', service: ['Restart=on-failure', success, 'RestartForceExitStatus=SIGKILL'] },
  ];
}

/** The `-` prefix. */
function excused(): Case[] {
  const start = `ExecStart=-${SLEEP}`;
  return [
    { name: 'dash', service: ['Restart=on-failure', start] },
    { name: 'dash-always', service: ['Restart=always', start] },
    { name: 'dash-on-success', service: ['Restart=on-success', start] },
    { name: 'dash-forced', service: ['Restart=no', start, 'RestartForceExitStatus=SIGKILL'] },
    { name: 'dash-forking', service: ['Restart=on-failure', 'Type=forking', forks('-')] },
  ];
}

/** What workers that outlive the main process change. */
function survivors(): Case[] {
  const restart = 'Restart=on-failure';
  const soon = 'TimeoutStopSec=2';
  const cgroup = [restart, 'ExitType=cgroup'];
  return [
    { name: 'exit-cgroup-alone', service: cgroup },
    { name: 'exit-cgroup', worker: 'obeys', service: cgroup },
    { name: 'exit-cgroup-list', worker: 'obeys', kill: 'list', service: cgroup },
    { name: 'stubborn', worker: 'ignores', service: [restart, soon] },
    { name: 'stubborn-list', worker: 'ignores', kill: 'list', service: [restart, 'TimeoutStopSec=infinity'] },
    { name: 'stubborn-for-ever', worker: 'ignores', service: [restart, 'TimeoutStopSec=infinity'] },
    { name: 'stubborn-signal', worker: 'ignores', service: [restart, 'KillSignal=SIGKILL'] },
    { name: 'stubborn-mixed', worker: 'ignores', service: [restart, 'KillMode=mixed'] },
    { name: 'stubborn-process', worker: 'ignores', service: [restart, 'KillMode=process'] },
    { name: 'stubborn-none', worker: 'ignores', service: [restart, 'KillMode=none'] },
    { name: 'obedient', worker: 'obeys', service: [restart] },
    { name: 'success-obedient', worker: 'obeys', service: [restart, 'SuccessExitStatus=SIGKILL'] },
    { name: 'success-stubborn', worker: 'ignores', service: [restart, soon, 'SuccessExitStatus=SIGKILL'] },
    {
      name: 'success-stubborn-list',
      worker: 'ignores',
      kill: 'list',
      service: [restart, soon, 'SuccessExitStatus=SIGKILL'],
    },
    {
      name: 'success-stubborn-abort',
      worker: 'ignores',
      service: ['Restart=on-abort', soon, 'SuccessExitStatus=SIGKILL'],
    },
    { name: 'unforced', worker: 'ignores', service: [restart, soon, 'SendSIGKILL=no'] },
    { name: 'unforced-mixed', worker: 'obeys', service: [restart, soon, 'SendSIGKILL=no', 'KillMode=mixed'] },
    { name: 'unforced-list', worker: 'ignores', kill: 'list', service: [restart, soon, 'SendSIGKILL=no'] },
  ];
}

function ready(): string {
  return `ExecStart=/bin/sh -c 'systemd-notify --ready; exec sleep infinity'`;
}

function forks(prefix = ''): string {
  return `ExecStart=${prefix}/bin/sh -c 'sleep infinity & exit 0'`;
}

export function unitOf(entry: Case): string {
  return `revival-${entry.name}.service`;
}

/** The unit file. */
export function unitText(entry: Case): string {
  const command = entry.service.some((line) => line.startsWith('ExecStart='))
    ? []
    : [`ExecStart=${WORKER[entry.worker ?? 'none']}`];
  const user = entry.manager === 'user' ? [] : ['User=jc'];
  return ['[Unit]', ...(entry.unit ?? []), '[Service]', ...user, ...command, ...entry.service, ''].join('\n');
}

/** What this case's kill leaves alive. */
export function survivorsOf(entry: Case): Survivors {
  if (entry.kill === 'list' || !entry.worker) return 'none';
  return entry.worker === 'obeys' ? 'end-on-sigterm' : 'ignore-sigterm';
}
