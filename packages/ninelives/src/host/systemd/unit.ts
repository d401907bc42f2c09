import type { UnitPhase } from '../../core/types.js';
import { DECIDING } from './fingerprint.js';
import type { ExitStatuses, Properties } from './show.js';
import { parseCount, parseExitStatuses, parseShow, parseSpanMs, parseStampMs } from './show.js';

/** What the unit's files and drop-ins say, as far as anything here depends on it. Durations in ms. */
export interface UnitSettings {
  id: string;
  /** `loaded`, `not-found`, `masked`, `bad-setting`, `error`. */
  loadState: string;
  type: string;
  exitType: string;
  restart: string;
  restartMs: number;
  /** 0: the delay does not grow. */
  restartSteps: number;
  restartMaxDelayMs: number;
  restartPrevent: ExitStatuses;
  restartForce: ExitStatuses;
  success: ExitStatuses;
  remainAfterExit: boolean;
  startLimit: { burst: number; intervalMs: number };
  startLimitAction: string;
  failureAction: string;
  successAction: string;
  killMode: string;
  /** Number of the signal that asks survivors to end. */
  killSignal: number;
  sendSigkill: boolean;
  timeoutStopMs: number;
  timeoutStartMs: number;
  runtimeMaxMs: number;
  watchdogMs: number;
  oomPolicy: string;
  notifyAccess: string;
  /** `-` in front of the (last) command: its failure counts as a success. */
  ignoresFailure: boolean;
  /** The program of the (last) command, and its argument list as systemd prints it. */
  program: string;
  commandLine: string;
  user: string;
  needsReload: boolean;
  fragment: string;
  dropIns: string[];
}

/** The unit at the moment of the look. Times on the monotonic clock, ms. */
export interface UnitNow {
  phase: UnitPhase;
  activeState: string;
  subState: string;
  mainPid: number;
  controlPid: number;
  invocation: string;
  restarts: number;
  /** Absolute path in the cgroup tree; empty when the unit has none. */
  controlGroup: string;
  mainStartedAtMs: number | null;
  inactiveExitAtMs: number | null;
  result: string;
}

export interface Unit {
  properties: Properties;
  settings: UnitSettings;
  now: UnitNow;
}

/** What to ask `systemctl show` for: all that the two types above are made from. */
export const PROPERTIES = [
  ...['Id', 'LoadState', 'ActiveState', 'SubState', 'MainPID', 'ControlPID', 'InvocationID', 'NRestarts'],
  ...['ControlGroup', 'ExecMainStartTimestampMonotonic', 'InactiveExitTimestampMonotonic', 'ExecMainCode'],
  ...['ExecMainStatus', 'Result', 'Type', 'ExitType', 'Restart', 'RestartUSec', 'RestartSteps'],
  ...['RestartMaxDelayUSec', 'RestartPreventExitStatus', 'RestartForceExitStatus', 'SuccessExitStatus'],
  ...['RemainAfterExit', 'StartLimitBurst', 'StartLimitIntervalUSec', 'StartLimitAction', 'FailureAction'],
  ...['KillMode', 'KillSignal', 'SendSIGKILL', 'TimeoutStopUSec', 'TimeoutStartUSec', 'RuntimeMaxUSec'],
  ...['WatchdogUSec', 'OOMPolicy', 'NotifyAccess', 'ExecStart', 'User', 'NeedDaemonReload', 'FragmentPath'],
  ...['DropInPaths', ...DECIDING],
];

const MINUTE_AND_A_HALF_MS = 90_000;

export function parseUnit(text: string): Unit {
  const properties = parseShow(text);
  return { properties, settings: settingsOf(properties), now: nowOf(properties) };
}

/** A property that this systemd does not know yet has the value that later ones default to. */
function settingsOf(properties: Properties): UnitSettings {
  const word = (name: string, fallback = '') => properties.get(name) || fallback;
  const count = (name: string, fallback: number) => parseCount(word(name)) ?? fallback;
  const span = (name: string, fallback: number) => parseSpanMs(word(name)) ?? fallback;
  const statuses = (name: string) => parseExitStatuses(word(name));
  const command = lastCommand(text(properties, 'ExecStart'));
  return {
    id: word('Id'),
    loadState: word('LoadState'),
    type: word('Type', 'simple'),
    exitType: word('ExitType', 'main'),
    restart: word('Restart', 'no'),
    restartMs: span('RestartUSec', 100),
    restartSteps: count('RestartSteps', 0),
    restartMaxDelayMs: span('RestartMaxDelayUSec', Number.POSITIVE_INFINITY),
    restartPrevent: statuses('RestartPreventExitStatus'),
    restartForce: statuses('RestartForceExitStatus'),
    success: statuses('SuccessExitStatus'),
    remainAfterExit: word('RemainAfterExit') === 'yes',
    startLimit: { burst: count('StartLimitBurst', 5), intervalMs: span('StartLimitIntervalUSec', 10_000) },
    startLimitAction: word('StartLimitAction', 'none'),
    failureAction: word('FailureAction', 'none'),
    successAction: word('SuccessAction', 'none'),
    killMode: word('KillMode', 'control-group'),
    killSignal: count('KillSignal', 15),
    sendSigkill: word('SendSIGKILL', 'yes') === 'yes',
    timeoutStopMs: span('TimeoutStopUSec', MINUTE_AND_A_HALF_MS),
    timeoutStartMs: span('TimeoutStartUSec', MINUTE_AND_A_HALF_MS),
    runtimeMaxMs: span('RuntimeMaxUSec', Number.POSITIVE_INFINITY),
    watchdogMs: span('WatchdogUSec', 0),
    oomPolicy: word('OOMPolicy', 'stop'),
    notifyAccess: word('NotifyAccess', 'none'),
    ...command,
    user: word('User'),
    needsReload: word('NeedDaemonReload') === 'yes',
    fragment: word('FragmentPath'),
    dropIns: word('DropInPaths')
      .split(' ')
      .filter((path) => path !== ''),
  };
}

function text(properties: Properties, name: string): string {
  return properties.get(name) ?? '';
}

const COMMAND = /^\{ path=(.*?) ; argv\[\]=(.*) ; ignore_errors=(yes|no) ;/;

/** `{ path=… ; argv[]=… ; ignore_errors=yes ; … }` as systemctl prints a command. */
function lastCommand(value: string): Pick<UnitSettings, 'ignoresFailure' | 'program' | 'commandLine'> {
  const [, program = '', commandLine = '', ignored = ''] = COMMAND.exec(value.split('\n').at(-1) ?? '') ?? [];
  return { ignoresFailure: ignored === 'yes', program, commandLine };
}

function nowOf(properties: Properties): UnitNow {
  const activeState = text(properties, 'ActiveState');
  const subState = text(properties, 'SubState');
  return {
    phase: phaseOf(activeState, subState),
    activeState,
    subState,
    mainPid: parseCount(text(properties, 'MainPID')) ?? 0,
    controlPid: parseCount(text(properties, 'ControlPID')) ?? 0,
    invocation: text(properties, 'InvocationID'),
    restarts: parseCount(text(properties, 'NRestarts')) ?? 0,
    controlGroup: text(properties, 'ControlGroup'),
    mainStartedAtMs: parseStampMs(text(properties, 'ExecMainStartTimestampMonotonic')),
    inactiveExitAtMs: parseStampMs(text(properties, 'InactiveExitTimestampMonotonic')),
    result: text(properties, 'Result'),
  };
}

/** ActiveState and SubState folded into one. `auto-restart-queued` is systemd 254 and later. */
function phaseOf(activeState: string, subState: string): UnitPhase {
  if (subState.startsWith('auto-restart')) return 'auto-restart';
  switch (activeState) {
    case 'active':
    case 'reloading':
    case 'refreshing':
      return 'active';
    case 'activating':
    case 'deactivating':
    case 'failed':
      return activeState;
    default:
      return 'inactive';
  }
}
