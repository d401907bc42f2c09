import { type GatewayUnit, gatewayFiles, gatewayStarts } from './gateway-unit.js';
import { quoteUnit, type Step } from './step.js';

/** What is installed, in order. Kept as the manifest, so that `uninstall` removes exactly this. */
export interface Plan {
  version: 1;
  way: 'user-unit' | 'cron';
  steps: Step[];
  /** Who starts the guard again when it is killed, frozen or crashed. */
  revivedBy: string;
}

type Mode = 'up' | 'guard' | 'watch';

/** How the guard is started, already resolved to absolute paths. */
export interface GuardCommand {
  node: string;
  bin: string;
  /** `up` for services that ninelives itself runs, `guard` for those that something else runs, `watch` for an outer layer. */
  mode: Mode;
  /** What names the service: `--config FILE`, or `--unit NAME --url …`. */
  flags: string[];
  stateDir: string;
}

/** Where the guard will live. */
export interface UserHome {
  unitDir: string;
  user: string;
  lingers: boolean;
  cwd: string;
  /** Of the unit's folder those that don't exist yet, outermost first. */
  missingFolders: string[];
}

/** The guard's longest round is a look (12 s with a dead bus) and the evidence (3 s); several times that is a hang. */
export const WATCHDOG_MS = 105_000;
/** Below this, a machine under load would be taken for a hang. */
export const WATCHDOG_MIN_MS = 5_000;
/** The original account's own rhythm. */
const CRON_MINUTES = 2;

/** What it is called there: a guard and an outer layer may live in one account. */
interface Names {
  unit: string;
  marker: string;
  description: string;
  /** Of the pass that cron starts. */
  pass: 'guard' | 'watch';
}
const GUARD: Names = {
  unit: 'ninelives-guard.service',
  marker: '# ninelives guard',
  description: 'ninelives guard: real-work probe, SIGKILL by incarnation',
  pass: 'guard',
};
export const NAMES: Record<Mode, Names> = {
  up: GUARD,
  guard: GUARD,
  watch: {
    unit: 'ninelives-watch.service',
    marker: '# ninelives watch',
    description: 'ninelives watch: real work through the public URL; it looks and tells',
    pass: 'watch',
  },
};

/** A user unit: systemd's user manager revives it, and its watchdog ends it when it hangs. */
export function userUnitPlan(
  command: GuardCommand,
  home: UserHome,
  watchdogMs = WATCHDOG_MS,
  gateways: readonly GatewayUnit[] = [],
): Plan {
  const systemctl = ['systemctl', '--user'];
  const { unit } = NAMES[command.mode];
  const run = (argv: string[] | null, undo: string[] | null, why: string): Step => {
    return { type: 'run', argv, undo, why };
  };
  const linger = run(
    ['loginctl', 'enable-linger', home.user],
    ['loginctl', 'disable-linger', home.user],
    'without it the user manager ends with the last session, and does not start at boot',
  );
  return {
    version: 1,
    way: 'user-unit',
    revivedBy: `the user manager (Restart=always; WatchdogSec=${watchdogMs / 1_000} ends it when it hangs)`,
    // Undone last first: stop, remove the file, have systemd forget it, and only then let the manager go.
    steps: [
      ...(home.lingers ? [] : [linger]),
      run(null, [...systemctl, 'daemon-reload'], 'systemd forgets the unit'),
      ...home.missingFolders.map((path): Step => ({ type: 'folder', path })),
      {
        type: 'file',
        path: `${home.unitDir}/${unit}`,
        text: unitText(command, home.cwd, watchdogMs),
        mode: 0o644,
      },
      ...gatewayFiles(home.unitDir, gateways),
      run([...systemctl, 'daemon-reload'], null, 'systemd reads the unit'),
      ...gatewayStarts(gateways),
      run(
        [...systemctl, 'enable', '--now', unit],
        [...systemctl, 'disable', '--now', unit],
        'now and at each boot',
      ),
    ],
  };
}

function unitText({ node, bin, mode, flags, stateDir }: GuardCommand, cwd: string, watchdogMs: number) {
  const argv = [node, bin, mode, ...flags, '--state', stateDir];
  // What `up` runs outlives a guard that falls, and is adopted by the next one.
  const killMode = mode === 'up' ? 'KillMode=process\n' : '';
  return `[Unit]
Description=${NAMES[mode].description}
# It must come back however often it falls: a guard that was given up guards nothing.
StartLimitIntervalSec=0

[Service]
# READY=1 and WATCHDOG=1 come from systemd-notify, a child: hence NotifyAccess=all.
Type=notify
NotifyAccess=all
WorkingDirectory=-${cwd.replaceAll('%', '%%')}
ExecStart=${argv.map(quoteUnit).join(' ')}
WatchdogSec=${watchdogMs / 1_000}
Restart=always
RestartSec=2
${killMode}
[Install]
WantedBy=default.target
`;
}

/** The classic: one pass every few minutes. cron itself is what survives. */
export function cronPlan(command: GuardCommand, minutes = CRON_MINUTES): Plan {
  const { node, bin, mode, flags, stateDir } = command;
  const { pass, marker } = NAMES[mode];
  const argv = [node, bin, pass, '--once', ...flags, '--state', stateDir];
  // Overwritten by each pass: what matters is on record, and nothing must grow for ever.
  const log = quoteCron(`${stateDir}/${pass}-once.log`);
  const line = `*/${minutes} * * * * ${argv.map(quoteCron).join(' ')} > ${log} 2>&1 ${marker}`;
  return {
    version: 1,
    way: 'cron',
    revivedBy: `cron, which starts the next pass ${minutes} minutes later; a pass that hangs is ended by the next`,
    steps: [{ type: 'crontab', line, marker }],
  };
}

/** sh, and `%` is a newline to cron (crontab(5)). */
export function quoteCron(word: string): string {
  const quoted = /^[\w@+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  return quoted.replaceAll('%', '\\%');
}
