import type { UnitSettings } from './unit.js';

/** Would systemd start the service again after a SIGKILL of its main process? */
export interface Revival {
  revives: boolean;
  /** A clause that names the deciding setting. */
  because: string;
  /** Lines for a drop-in file (`systemctl edit UNIT`), or null when none are needed or none would do. */
  fix: string | null;
}

/**
 * What is left of the unit's processes once its main process was killed. A guard that kills its whole list leaves
 * none; `kill -9 $MainPID` alone leaves the workers.
 */
export type Survivors = 'none' | 'end-on-sigterm' | 'ignore-sigterm';

export type RevivalSettings = Pick<
  UnitSettings,
  | 'loadState'
  | 'exitType'
  | 'restart'
  | 'restartPrevent'
  | 'restartForce'
  | 'success'
  | 'remainAfterExit'
  | 'startLimit'
  | 'failureAction'
  | 'successAction'
  | 'killMode'
  | 'killSignal'
  | 'sendSigkill'
  | 'timeoutStopMs'
  | 'ignoresFailure'
>;

const SIGKILL = 9;

/** Results of a service that each Restart= answers with a restart: the table of systemd.service(5), "Restart=". */
const RESTARTS: { [restart: string]: readonly string[] } = {
  always: ['success', 'signal', 'timeout'],
  'on-success': ['success'],
  'on-failure': ['signal', 'timeout'],
  'on-abnormal': ['signal', 'timeout'],
  'on-abort': ['signal'],
};

/**
 * The decision that systemd itself will take, from its settings alone (service.c, `service_shall_restart` and what
 * leads to it). Pure. Compared with what systemd really does, unit by unit, in test/systemd.
 */
export function predictRevival(unit: RevivalSettings, survivors: Survivors = 'none'): Revival {
  return blockedBefore(unit, survivors) ?? decided(unit, resultOfSigkill(unit, survivors));
}

/** Reasons for which the question of a restart is never reached, or its answer is of no use. */
function blockedBefore(unit: RevivalSettings, survivors: Survivors): Revival | null {
  if (unit.loadState !== 'loaded') {
    const because = `the unit is ${unit.loadState || 'unknown'}: systemd has no settings to restart it by`;
    return no(because, null);
  }
  if (unit.exitType === 'cgroup' && survivors !== 'none') {
    return no('ExitType=cgroup: systemd waits until every process is gone', 'ExitType=main');
  }
  if (survivors === 'none') return null;
  const { killMode, sendSigkill } = unit;
  const asksNobody = killMode === 'mixed';
  const heeded = unit.killSignal === SIGKILL || survivors === 'end-on-sigterm';
  const waits = killMode === 'control-group' && !heeded;
  if (!sendSigkill && (asksNobody || waits)) {
    return no('SendSIGKILL=no: systemd refuses to start beside surviving processes', 'SendSIGKILL=yes');
  }
  if (waits && unit.timeoutStopMs === Number.POSITIVE_INFINITY) {
    return no('TimeoutStopSec=infinity: systemd waits for ever for the survivors', 'TimeoutStopSec=15');
  }
  return null;
}

/** What systemd calls the end (`Result=`): a SIGKILL may count as a success. */
function resultOfSigkill(unit: RevivalSettings, survivors: Survivors): 'success' | 'signal' | 'timeout' {
  if (!unit.ignoresFailure && !unit.success.signals.includes('SIGKILL')) return 'signal';
  if (unit.remainAfterExit) return 'success';
  const stubborn = survivors === 'ignore-sigterm' && unit.killMode === 'control-group';
  // A stop that had to be forced turns a success into a failure.
  return stubborn && unit.killSignal !== SIGKILL ? 'timeout' : 'success';
}

function decided(unit: RevivalSettings, result: 'success' | 'signal' | 'timeout'): Revival {
  if (result === 'success' && unit.remainAfterExit) {
    return no(
      `RemainAfterExit=yes, and ${excuse(unit)}: the unit stays active without a process`,
      unexcused(unit),
    );
  }
  if (unit.restartPrevent.signals.includes('SIGKILL')) {
    return no(
      'RestartPreventExitStatus= names SIGKILL',
      without('RestartPreventExitStatus', unit.restartPrevent),
    );
  }
  const action = result === 'success' ? 'SuccessAction' : 'FailureAction';
  const taken = result === 'success' ? unit.successAction : unit.failureAction;
  if (taken !== 'none') {
    // Done at the failure itself, before any restart.
    return no(`${action}=${taken} takes the whole machine with it`, `[Unit]\n${action}=none`);
  }
  const { burst, intervalMs } = unit.startLimit;
  if (burst === 1 && intervalMs > 0) {
    return no('StartLimitBurst=1: the first start uses up the limit', '[Unit]\nStartLimitBurst=5');
  }
  if (unit.restartForce.signals.includes('SIGKILL')) {
    return yes('RestartForceExitStatus= names SIGKILL');
  }
  if (RESTARTS[unit.restart]?.includes(result))
    return yes(`Restart=${unit.restart} covers ${covered(result)}`);
  if (result !== 'success' || unit.restart === 'no') {
    return no(`Restart=${unit.restart} does not cover SIGKILL`, 'Restart=on-failure');
  }
  return no(`${excuse(unit)}, which Restart=${unit.restart} does not cover`, unexcused(unit));
}

function covered(result: 'success' | 'signal' | 'timeout'): string {
  if (result === 'success') return 'a clean end, which SIGKILL is here';
  return result === 'signal' ? 'SIGKILL' : 'a stop that had to be forced';
}

function excuse(unit: RevivalSettings): string {
  return unit.ignoresFailure
    ? 'ExecStart=- makes SIGKILL a success'
    : 'SuccessExitStatus= makes SIGKILL a success';
}

function unexcused(unit: RevivalSettings): string {
  if (!unit.ignoresFailure) return without('SuccessExitStatus', unit.success);
  return 'ExecStart=\nExecStart=… (the same command without the "-" in front)';
}

/** Drop-in lines that empty a list and fill it again without SIGKILL. */
function without(name: string, list: { codes: number[]; signals: string[] }): string {
  const rest = [...list.codes, ...list.signals.filter((signal) => signal !== 'SIGKILL')].join(' ');
  return rest === '' ? `${name}=` : `${name}=\n${name}=${rest}`;
}

function yes(because: string): Revival {
  return { revives: true, because, fix: null };
}

function no(because: string, lines: string | null): Revival {
  return {
    revives: false,
    because,
    fix: lines === null || lines.startsWith('[') ? lines : `[Service]\n${lines}`,
  };
}
