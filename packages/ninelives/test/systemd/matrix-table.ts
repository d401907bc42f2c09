import type { VerdictKind } from '../../src/core/decision.js';

/** What befalls the service. */
export type Fault =
  | 'crash' // SIGKILL to its main process, not by the guard
  | 'crash again and again' // the same to each main process, until systemd gives up
  | 'freeze' // SIGSTOP to its main process
  | 'wedge' // SIGSTOP to the child that does the work; /health says 200
  | 'wedge, guard killed' // and SIGKILL to the guard between its decision and its signal
  | 'jam' // its event loop spins
  | 'errors' // 500 to every real request
  | 'exit 0'
  | 'SIGTERM'
  | 'D state' // its main process writes to a frozen file system
  | 'stopped'; // systemctl stop, by the admin

/** How it must end: DESIGN.md's failure model, for one fault and one unit. */
export interface Ending {
  /** What the guard says in the end, and goes on saying. */
  verdict: VerdictKind;
  /** As what its incident was opened. */
  kind: VerdictKind;
  /** SIGKILLs by the guard: of the main process with its list, and of what was left over. */
  kills: number;
  leftovers: number;
  /** systemd's own count (NRestarts). */
  restarts: number;
  /** What a person is told beyond "opened" and "resolved", or why there is no kill; null: nothing. */
  said: RegExp | null;
}

export interface Cell {
  fault: Fault;
  /** In words, for the test's name. */
  unit: string;
  service: string[];
  lines?: string[];
  flags?: string[];
  /** The name under which its main process runs. */
  program?: 'docker';
  user?: boolean;
  ends: Ending;
}

const RESTART = ['Restart=on-failure', 'RestartSec=300ms'];
/** Down for long enough to be seen: what is back before the next look opens no incident, and leaves only its story. */
const SEEN = ['Restart=on-failure', 'RestartSec=1500ms'];
const SEEN_ALWAYS = ['Restart=always', 'RestartSec=1500ms'];
const STUBBORN = { flags: ['--ignore-term'] };
/** Far longer than the test: nothing here may wait for it. */
const STOP = 'TimeoutStopSec=600';

/** Found by the guard, one kill, one restart, serving again. */
const healed = (kind: VerdictKind): Ending => {
  return { verdict: 'serving', kind, kills: 1, leftovers: 0, restarts: 1, said: null };
};
/** Not the guard's to mend: systemd does, and the guard tells the story. */
const revived: Ending = {
  verdict: 'serving',
  kind: 'dead',
  kills: 0,
  leftovers: 0,
  restarts: 1,
  said: null,
};
/** Nobody here can mend it: a person is told what to type. */
const left = (verdict: VerdictKind, said: RegExp, more: Partial<Ending> = {}): Ending => {
  return { verdict, kind: verdict, kills: 0, leftovers: 0, restarts: 0, said, ...more };
};
const byHand = (start: string) => left('stopped', new RegExp(`Nobody restarts it: ${start}`));

export const CELLS: Cell[] = [
  { fault: 'crash', unit: 'on-failure', service: SEEN, ends: revived },
  { fault: 'freeze', unit: 'on-failure', service: RESTART, ends: healed('frozen') },
  { fault: 'wedge', unit: 'on-failure', service: RESTART, ends: healed('hung') },
  { fault: 'jam', unit: 'on-failure', service: [...RESTART, 'Nice=10'], ends: healed('hung') },
  { fault: 'errors', unit: 'on-failure', service: RESTART, ends: healed('erroring') },
  { fault: 'wedge, guard killed', unit: 'on-failure', service: RESTART, ends: healed('hung') },
  { fault: 'exit 0', unit: 'on-failure', service: RESTART, ends: byHand('sudo systemctl start') },
  { fault: 'SIGTERM', unit: 'on-failure', service: RESTART, ends: byHand('sudo systemctl start') },
  { fault: 'stopped', unit: 'on-failure', service: RESTART, ends: byHand('sudo systemctl start') },
  {
    fault: 'D state',
    unit: 'on-failure',
    service: RESTART,
    ends: left('unkillable', /stuck in the kernel; a reboot is needed/, { kind: 'hung', kills: 1 }),
  },

  { fault: 'crash', unit: 'always', service: SEEN_ALWAYS, ends: revived },
  { fault: 'exit 0', unit: 'always', service: SEEN_ALWAYS, ends: revived },
  { fault: 'SIGTERM', unit: 'always', service: SEEN_ALWAYS, ends: revived },
  { fault: 'wedge', unit: 'always', service: ['Restart=always'], ends: healed('hung') },

  ...['control-group', 'mixed', 'process'].map(
    (mode): Cell => ({
      fault: 'wedge',
      unit: `KillMode=${mode}, a worker that ignores SIGTERM`,
      service: [...RESTART, STOP, `KillMode=${mode}`],
      ...STUBBORN,
      ends: healed('hung'),
    }),
  ),
  {
    fault: 'crash',
    unit: 'KillMode=control-group, a worker that ignores SIGTERM',
    service: [...RESTART, STOP],
    ...STUBBORN,
    // systemd alone would wait ten minutes for it.
    ends: { ...revived, leftovers: 1 },
  },
  {
    fault: 'crash',
    unit: 'KillMode=mixed, a worker that ignores SIGTERM',
    service: [...SEEN, STOP, 'KillMode=mixed'],
    ...STUBBORN,
    ends: revived,
  },
  {
    fault: 'crash',
    unit: 'KillMode=process, a worker that ignores SIGTERM',
    // Restarted at once, nothing would be amiss to the guard, and the old worker would live on.
    service: ['Restart=on-failure', 'RestartSec=5s', STOP, 'KillMode=process'],
    ...STUBBORN,
    ends: { ...revived, leftovers: 1 },
  },

  {
    fault: 'crash',
    unit: 'KillMode=process, and the orphan keeps the port',
    service: [...RESTART, STOP, 'KillMode=process'],
    flags: ['--ignore-term', '--prefork'],
    // It would pass for the service, and keep the next worker from its port.
    ends: { ...revived, kind: 'masked', leftovers: 1 },
  },
  {
    fault: 'crash',
    unit: 'ExitType=cgroup, a worker that outlives it',
    service: [...RESTART, 'ExitType=cgroup'],
    ...STUBBORN,
    // systemd would call it active for as long as that worker lives.
    ends: { ...revived, leftovers: 1 },
  },
  {
    fault: 'wedge',
    unit: 'ExitType=cgroup, a worker that ignores SIGTERM',
    service: [...RESTART, 'ExitType=cgroup'],
    ...STUBBORN,
    ends: healed('hung'),
  },

  {
    fault: 'crash again and again',
    unit: 'StartLimitBurst=3',
    lines: ['StartLimitBurst=3', 'StartLimitIntervalSec=600'],
    service: RESTART,
    ends: left('failed', /sudo systemctl reset-failed/, { kind: 'dead', restarts: 3 }),
  },
  {
    fault: 'wedge',
    unit: 'StartLimitBurst=2: one start is spent, none would be in reserve',
    lines: ['StartLimitBurst=2', 'StartLimitIntervalSec=600'],
    service: RESTART,
    ends: left('hung', /too many starts just now \(I3\)/),
  },
  {
    fault: 'wedge',
    unit: 'Restart=no',
    service: ['Restart=no'],
    ends: left('hung', /would not come back after SIGKILL; see: ninelives doctor/),
  },
  {
    fault: 'wedge',
    unit: 'docker run as main process',
    service: RESTART,
    program: 'docker',
    ends: left('hung', /would not come back after SIGKILL/),
  },
  {
    fault: 'wedge',
    unit: 'SuccessExitStatus=SIGKILL',
    service: [...RESTART, 'SuccessExitStatus=SIGKILL'],
    ends: left('hung', /would not come back after SIGKILL/),
  },

  { fault: 'freeze', unit: "one's own", user: true, service: RESTART, ends: healed('frozen') },
  { fault: 'wedge', unit: "one's own", user: true, service: RESTART, ends: healed('hung') },
  {
    fault: 'SIGTERM',
    unit: "one's own",
    user: true,
    service: RESTART,
    ends: byHand('systemctl --user start'),
  },
];
