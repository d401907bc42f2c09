/**
 * What is done to the server. `fault`: see server.py. `sick`: the process that got the fault will never serve again, so
 * one kill of it is right; every other kill is wrong. `self`: it serves again without any restart. `limitS`: what
 * "never" means. `heavy`: burns a core (at nice 19), so few of them run at once.
 */
export const ROWS = [
  {
    name: 'wedge',
    about: 'the model thread never returns; /health and /v1/models go on saying 200',
    sick: true,
  },
  { name: 'sigstop', about: 'the process is stopped (T)', sick: true },
  { name: 'jam', about: 'the event loop spins for ever', sick: true, heavy: true },
  { name: 'crash', about: 'exit status 1' },
  { name: 'exit0', about: 'exit status 0, which Restart=on-failure takes for an intended stop', limitS: 60 },
  { name: 'err500', about: 'every inference raises, HTTP 500 (a poisoned CUDA context)', sick: true },
  { name: 'nan', about: 'HTTP 200 with null for every number (NaN in JSON)', sick: true },
  { name: 'zero', about: 'HTTP 200 with vectors of zeros', sick: true },
  { name: 'constant', about: 'HTTP 200 with one and the same unit vector for every text', sick: true },
  {
    name: 'drift',
    about: 'HTTP 200 with unit vectors that differ by text, but are not what they were',
    sick: true,
  },
  {
    name: 'child-ignterm-cgroup',
    fault: 'wedge',
    about: 'main process holds the socket, its worker wedges and ignores SIGTERM; KillMode=control-group',
    sick: true,
    limitS: 150,
    env: { WORKER: 'ignterm' },
    unit: ['KillMode=control-group'],
  },
  {
    name: 'child-ignterm-process',
    fault: 'wedge',
    about: 'such a worker with KillMode=process: it outlives the main process and keeps the port',
    sick: true,
    limitS: 150,
    env: { WORKER: 'ignterm' },
    unit: ['KillMode=process'],
  },
  { name: 'stall:15', about: 'the event loop is blocked for 15 s, then all is well', self: true, limitS: 60 },
  {
    name: 'busy:60',
    about: 'a legitimate batch burns CPU for 60 s, input by input; everyone else waits',
    self: true,
    heavy: true,
  },
  {
    name: 'waits:60',
    about: 'a legitimate batch of 60 s that burns nothing and counts nothing until it is done',
    self: true,
  },
  {
    name: 'slowload-closed',
    fault: 'slowload:45',
    about: 'crash, then a load of 45 s with the port closed',
    limitS: 170,
    env: { LOAD_PORT: 'closed' },
  },
  {
    name: 'slowload-503',
    fault: 'slowload:45',
    about: 'crash, then a load of 45 s that answers 503',
    limitS: 170,
  },
].map((row) => ({
  fault: row.name,
  sick: false,
  self: false,
  heavy: false,
  limitS: 130,
  env: {},
  unit: [],
  ...row,
}));

export const QUICK_ROWS = ['wedge', 'sigstop', 'nan', 'child-ignterm-process', 'busy:60'];
/** What the slow recipes, on the real clock, are measured on. */
export const HANG_ROWS = ['wedge', 'sigstop', 'jam'];
