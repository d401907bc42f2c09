/** One thing that `install` does to this account, with what undoes it. Nothing here needs root. */
export type Step =
  | { type: 'file'; path: string; text: string; mode: number }
  /** A command, and the one that takes it back (null: nothing to take back). */
  | { type: 'run'; argv: string[]; undo: string[] | null; why: string }
  /** A line of the user's crontab, known again by its marker at the end. */
  | { type: 'crontab'; line: string; marker: string };

/** What is installed, in order. Kept as the manifest, so that `uninstall` removes exactly this. */
export interface Plan {
  version: 1;
  way: 'user-unit' | 'cron' | 'service';
  steps: Step[];
  /** Who starts the guard again when it is killed, frozen or crashed. */
  revivedBy: string;
}

/** How the guard is started, already resolved to absolute paths. */
export interface GuardCommand {
  node: string;
  bin: string;
  /** What names the service: `--config FILE`, or `--unit NAME --url …`. */
  flags: string[];
  stateDir: string;
}

/** The guard's longest round is a look (2 s), a probe (30 s) and the evidence (3 s); three times that is a hang. */
const WATCHDOG_SEC = 105;
/** The original account's own rhythm. */
const CRON_MINUTES = 2;
export const CRON_MARKER = '# ninelives guard';
export const GUARD_UNIT = 'ninelives-guard.service';

/** A user unit: systemd's user manager revives it, and its watchdog ends it when it hangs. */
export function userUnitPlan(
  command: GuardCommand,
  home: { unitDir: string; user: string; lingers: boolean },
): Plan {
  const text = `[Unit]
Description=ninelives guard: real-work probe, SIGKILL by incarnation
# It must come back however often it falls: a guard that was given up guards nothing.
StartLimitIntervalSec=0

[Service]
# READY=1 and WATCHDOG=1 come from systemd-notify, a child: hence NotifyAccess=all.
Type=notify
NotifyAccess=all
ExecStart=${[command.node, command.bin, 'guard', ...command.flags, '--state', command.stateDir].map(quoteUnit).join(' ')}
WatchdogSec=${WATCHDOG_SEC}
Restart=always
RestartSec=2

[Install]
WantedBy=default.target
`;
  const linger: Step[] = home.lingers
    ? []
    : [
        {
          type: 'run',
          argv: ['loginctl', 'enable-linger', home.user],
          undo: ['loginctl', 'disable-linger', home.user],
          why: 'without it the user manager ends with the last session, and does not start at boot',
        },
      ];
  return {
    version: 1,
    way: 'user-unit',
    revivedBy: `the user manager (Restart=always; WatchdogSec=${WATCHDOG_SEC} ends it when it hangs)`,
    steps: [
      { type: 'file', path: `${home.unitDir}/${GUARD_UNIT}`, text, mode: 0o644 },
      ...linger,
      {
        type: 'run',
        argv: ['systemctl', '--user', 'daemon-reload'],
        undo: ['systemctl', '--user', 'daemon-reload'],
        why: 'systemd reads the unit',
      },
      {
        type: 'run',
        argv: ['systemctl', '--user', 'enable', '--now', GUARD_UNIT],
        undo: ['systemctl', '--user', 'disable', '--now', GUARD_UNIT],
        why: 'now and at each boot',
      },
    ],
  };
}

/** The classic: one pass every two minutes. cron itself is what survives. */
export function cronPlan(command: GuardCommand): Plan {
  const argv = [command.node, command.bin, 'guard', '--once', ...command.flags, '--state', command.stateDir];
  const log = `${command.stateDir}/guard-once.log`;
  const line = `*/${CRON_MINUTES} * * * * ${argv.map(quoteCron).join(' ')} >> ${quoteCron(log)} 2>&1 ${CRON_MARKER}`;
  return {
    version: 1,
    way: 'cron',
    revivedBy: `cron, which starts the next pass ${CRON_MINUTES} minutes later; a pass that hangs is ended by the next`,
    steps: [{ type: 'crontab', line, marker: CRON_MARKER }],
  };
}

/** systemd.service(5), "Command lines": quotes, and `%` and `$` doubled. */
function quoteUnit(word: string): string {
  const escaped = word.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped.replace(/[\\"]/g, '\\$&')}"`;
}

/** sh, and `%` is a newline to cron (crontab(5)). */
function quoteCron(word: string): string {
  const quoted = /^[\w@+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
  return quoted.replaceAll('%', '\\%');
}
