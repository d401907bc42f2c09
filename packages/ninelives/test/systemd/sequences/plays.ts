/** One thing done to a unit, and when, ms after its first start. */
export interface Act {
  atMs: number;
  /** A signal to the main process, an end of its own, or systemctl by an admin. */
  does:
    | 'SIGKILL'
    | 'SIGTERM'
    | 'SIGSEGV'
    | 'SIGSTOP'
    | 'exit 0'
    | 'exit 1'
    | 'stop'
    | 'start'
    | 'reset-failed'
    | 'restart';
}

/** A unit and what happens to it: played to a real systemd once (record.ts), and to the simulated one in every check. */
export interface Play {
  name: string;
  restart: 'on-failure' | 'always' | 'no';
  killMode: 'control-group' | 'mixed' | 'process';
  restartMs: number;
  burst: number;
  intervalMs: number;
  stopTimeoutMs: number;
  /** A second process of the unit, and how it takes SIGTERM. */
  worker: 'none' | 'obeys' | 'ignores';
  acts: Act[];
  /** When the curtain falls, ms. */
  lastsMs: number;
}

const PLAIN = {
  restart: 'on-failure',
  killMode: 'control-group',
  restartMs: 1_000,
  burst: 5,
  intervalMs: 10_000,
  stopTimeoutMs: 2_500,
  worker: 'none',
  lastsMs: 3_000,
} as const;

const once = (does: Act['does']): Act[] => [{ atMs: 1_000, does }];
const kills = (...atMs: number[]): Act[] => atMs.map((at) => ({ atMs: at, does: 'SIGKILL' }));

export const PLAYS: Play[] = [
  { ...PLAIN, name: 'killed, on-failure', acts: once('SIGKILL') },
  { ...PLAIN, name: 'killed, always', restart: 'always', acts: once('SIGKILL') },
  { ...PLAIN, name: 'killed, no', restart: 'no', acts: once('SIGKILL') },
  { ...PLAIN, name: 'killed while stopped (T)', acts: [{ atMs: 500, does: 'SIGSTOP' }, ...once('SIGKILL')] },
  { ...PLAIN, name: 'SIGTERM, on-failure', acts: once('SIGTERM') },
  { ...PLAIN, name: 'SIGTERM, always', restart: 'always', acts: once('SIGTERM') },
  { ...PLAIN, name: 'SIGSEGV, on-failure', acts: once('SIGSEGV') },
  { ...PLAIN, name: 'exit 0, on-failure', acts: once('exit 0') },
  { ...PLAIN, name: 'exit 0, always', restart: 'always', acts: once('exit 0') },
  { ...PLAIN, name: 'exit 1, on-failure', acts: once('exit 1') },
  { ...PLAIN, name: 'exit 1, no', restart: 'no', acts: once('exit 1') },
  { ...PLAIN, name: 'killed, worker obeys', worker: 'obeys', acts: once('SIGKILL') },
  { ...PLAIN, name: 'killed, worker ignores', worker: 'ignores', acts: once('SIGKILL'), lastsMs: 6_000 },
  {
    ...PLAIN,
    name: 'killed, worker ignores, mixed',
    worker: 'ignores',
    killMode: 'mixed',
    acts: once('SIGKILL'),
  },
  {
    ...PLAIN,
    name: 'killed, worker ignores, process',
    worker: 'ignores',
    killMode: 'process',
    acts: once('SIGKILL'),
  },
  { ...PLAIN, name: 'exit 0, worker ignores', worker: 'ignores', acts: once('exit 0'), lastsMs: 5_000 },
  { ...PLAIN, name: 'start limit', burst: 3, acts: kills(1_000, 3_000, 5_000), lastsMs: 8_000 },
  {
    ...PLAIN,
    name: 'start limit, reset-failed, start',
    burst: 2,
    acts: [
      ...kills(1_000, 3_000),
      { atMs: 5_000, does: 'start' },
      { atMs: 6_000, does: 'reset-failed' },
      { atMs: 6_500, does: 'start' },
    ],
    lastsMs: 8_000,
  },
  {
    ...PLAIN,
    name: 'start limit outlasted',
    burst: 2,
    intervalMs: 5_000,
    acts: [...kills(1_000, 3_000), { atMs: 7_500, does: 'start' }],
    lastsMs: 9_000,
  },
  {
    ...PLAIN,
    name: 'kills rarer than the interval',
    burst: 2,
    intervalMs: 2_000,
    acts: kills(1_000, 4_000, 7_000),
    lastsMs: 9_500,
  },
  { ...PLAIN, name: 'no start limit', burst: 0, acts: kills(1_000, 3_000, 5_000), lastsMs: 8_000 },
  { ...PLAIN, name: 'stop, start', acts: [...once('stop'), { atMs: 2_000, does: 'start' }] },
  {
    ...PLAIN,
    name: 'stop of a stopped (T) process',
    acts: [{ atMs: 500, does: 'SIGSTOP' }, ...once('stop')],
    lastsMs: 5_000,
  },
  { ...PLAIN, name: 'stop, worker ignores', worker: 'ignores', acts: once('stop'), lastsMs: 5_000 },
  {
    ...PLAIN,
    name: 'stop while it waits to restart',
    restartMs: 3_000,
    acts: [...once('SIGKILL'), { atMs: 2_000, does: 'stop' }],
    lastsMs: 5_500,
  },
  {
    ...PLAIN,
    name: 'start while it waits to restart',
    restartMs: 3_000,
    acts: [...once('SIGKILL'), { atMs: 2_000, does: 'start' }],
    lastsMs: 5_500,
  },
  {
    ...PLAIN,
    name: 'restarted by hand',
    acts: [...once('SIGKILL'), { atMs: 3_000, does: 'restart' }],
    lastsMs: 5_000,
  },
  {
    ...PLAIN,
    name: 'started by hand too often',
    burst: 3,
    acts: ['stop', 'start', 'stop', 'start', 'stop', 'start'].map((does, nth) => ({
      atMs: 1_000 + 500 * nth,
      does: does as Act['does'],
    })),
    lastsMs: 5_000,
  },
];
