/**
 * Who may import whom: the one table behind `imports.test.ts`. Rooms are the folders of src/; what is not listed
 * is forbidden. An entry is a room (`probe`) or one file in it (`core/types`), by path without extension.
 */
export interface Room {
  /** Other rooms and files whose values it may use. */
  values: string[];
  /** May it use `node:` modules? Web-standard rooms run off-site too. */
  node: boolean;
  /** npm packages it may use. */
  packages: string[];
}

const EVERYTHING = [
  'core',
  'probe',
  'host',
  'record',
  'notify',
  'evidence',
  'discover',
  'install',
  'drill',
  'doctor',
  'gateway',
  'watch',
  'heartbeat',
  'report',
  'layers',
  'rehearse',
  'export',
  'metrics',
  'dashboard',
  'config',
];

export const ROOMS: Record<string, Room> = {
  core: { values: [], node: false, packages: [] },
  probe: { values: ['core/types', 'core/assert'], node: false, packages: [] },
  // SQLite for the lock of a state folder: Node has no flock(2), SQLite does it through fcntl(2).
  // core/identity: which process is which is asked in one place only.
  host: {
    values: ['core/types', 'core/assert', 'core/identity'],
    node: true,
    packages: ['@photostructure/sqlite'],
  },
  record: { values: ['core/types', 'core/assert'], node: true, packages: ['@photostructure/sqlite'] },
  // notify/web is web-standard, and compiled so: the off-site layer tells with it.
  notify: {
    values: ['core/types', 'core/assert', 'core/page', 'record/record'],
    node: true,
    packages: ['nodemailer'],
  },
  evidence: { values: ['core/types', 'host'], node: true, packages: [] },
  drill: { values: ['core', 'probe'], node: true, packages: [] },
  doctor: { values: ['core', 'probe'], node: true, packages: [] },
  // Its own process: what it needs of the machine (processes, clocks) is handed in by cli/.
  gateway: { values: ['core'], node: true, packages: [] },
  // Pure: the record's rows in, a report out; its words are the dashboard's too.
  // A client and its arithmetic; faults are handed in.
  rehearse: { values: ['core'], node: false, packages: [] },
  report: { values: ['core/types'], node: false, packages: [] },
  metrics: { values: ['core/types'], node: false, packages: [] },
  dashboard: { values: ['core/types', 'report'], node: true, packages: ['uplot'] },
  install: { values: [], node: true, packages: [] },
  discover: { values: ['core', 'probe', 'host'], node: true, packages: [] },
  // Runs off-site too; who listens on a socket is daemon/.
  heartbeat: { values: ['core'], node: false, packages: [] },
  // Runs off-site too: sockets, names and certificates are handed in.
  watch: { values: ['core', 'probe'], node: false, packages: [] },
  layers: { values: ['watch/policy'], node: false, packages: [] },
  export: {
    values: ['watch', 'notify/web/table', 'notify/attend/attend', 'layers/telling'],
    node: false,
    packages: [],
  },
  config: { values: ['core', 'probe', 'watch/policy'], node: true, packages: ['zod', 'yaml'] },
  daemon: { values: EVERYTHING, node: true, packages: ['yaml'] },
  cli: { values: [...EVERYTHING, 'daemon'], node: true, packages: ['commander', 'yaml'] },
};

/** Contracts between rooms: `import type` from these is free to every room but core. */
export const PORTS = [
  'core/types',
  'core/decision',
  'core/policy',
  'record/record',
  'host/supervisor',
  'host/clock',
  'notify/notifier',
  'probe/probe',
  'config/service',
  'watch/look',
  'watch/observe',
  'watch/policy',
  'doctor/row',
];

/** May a file of `room` use values of `target` (a path in src/, without extension)? */
export function mayUse(room: string, target: string): boolean {
  if (target.startsWith(`${room}/`)) return true;
  return (ROOMS[room]?.values ?? []).some((entry) => target === entry || target.startsWith(`${entry}/`));
}

/** May it use its types? */
export function mayUseTypes(room: string, target: string): boolean {
  return mayUse(room, target) || (room !== 'core' && PORTS.includes(target));
}
