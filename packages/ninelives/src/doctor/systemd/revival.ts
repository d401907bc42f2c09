import type { DoctorRow } from '../row.js';
import { dropIn, fail, ok, span, warn } from './advice.js';
import type { SystemdFacts } from './facts.js';

/** Would systemd start it again? The first row is the verdict, the others are each setting that has a say in it. */
export function revivalRows(facts: SystemdFacts): DoctorRow[] {
  return [
    verdictRow(facts),
    killIsSuccessRow(facts),
    preventRow(facts),
    forceRow(facts),
    prefixRow(facts),
    exitTypeRow(facts),
    delayRow(facts),
    startLimitRow(facts),
    actionsRow(facts),
  ];
}

function verdictRow(facts: SystemdFacts): DoctorRow {
  const { revival, settings } = facts;
  const read = `Restart=${settings.restart}`;
  if (revival.revives)
    return ok('restart', read, `systemd starts it again after SIGKILL: ${revival.because}`);
  const fix =
    revival.fix === null
      ? `systemctl ${facts.user ? '--user ' : ''}cat ${facts.unit}`
      : dropIn(facts, revival.fix);
  return fail('restart', read, `a SIGKILL would leave it down: ${revival.because}`, fix);
}

/** 137 and 9 are exit codes; a process that was killed has none (systemd.service(5), SuccessExitStatus=). */
function numbersThatMeanNothing({ codes }: { codes: number[] }): string {
  return codes.filter((code) => code === 9 || code === 137).join(' ');
}

function killIsSuccessRow(facts: SystemdFacts): DoctorRow {
  const { success } = facts.settings;
  const read = `SuccessExitStatus=${[...success.codes, ...success.signals].join(' ')}`;
  if (success.signals.includes('SIGKILL')) {
    const means = 'SIGKILL counts as a clean end';
    if (facts.revival.revives)
      return warn('success', read, `${means}; another setting still brings it back`, null);
    return fail('success', read, means, dropIn(facts, '[Service]\nSuccessExitStatus='));
  }
  const numbers = numbersThatMeanNothing(success);
  if (numbers === '') return ok('success', read, 'SIGKILL counts as a failure');
  return ok('success', read, `SIGKILL counts as a failure: ${numbers} are exit codes, not the signal`);
}

function preventRow(facts: SystemdFacts): DoctorRow {
  const { restartPrevent } = facts.settings;
  const read = `RestartPreventExitStatus=${[...restartPrevent.codes, ...restartPrevent.signals].join(' ')}`;
  if (restartPrevent.signals.includes('SIGKILL')) {
    const fix = dropIn(facts, '[Service]\nRestartPreventExitStatus=');
    return fail('prevent', read, 'no restart after SIGKILL, whatever Restart= says', fix);
  }
  const numbers = numbersThatMeanNothing(restartPrevent);
  const means =
    numbers === '' ? 'does not stand in the way' : `${numbers} are exit codes and do not match SIGKILL`;
  return ok('prevent', read, means);
}

function forceRow(facts: SystemdFacts): DoctorRow {
  const { restartForce } = facts.settings;
  const read = `RestartForceExitStatus=${[...restartForce.codes, ...restartForce.signals].join(' ')}`;
  if (restartForce.signals.includes('SIGKILL'))
    return ok('force', read, 'a restart after SIGKILL whatever Restart= says');
  const numbers = numbersThatMeanNothing(restartForce);
  if (numbers === '' || facts.revival.revives) return ok('force', read, 'not needed');
  const fix = dropIn(facts, '[Service]\nRestartForceExitStatus=SIGKILL');
  return warn('force', read, `${numbers} are exit codes and do not match SIGKILL`, fix);
}

function prefixRow(facts: SystemdFacts): DoctorRow {
  const { ignoresFailure, program } = facts.settings;
  if (!ignoresFailure) return ok('prefix', `ExecStart=${program}`, 'its failures count');
  const means = 'the "-" in front makes every end a success, SIGKILL too';
  if (facts.revival.revives)
    return warn('prefix', `ExecStart=-${program}`, `${means}; another setting brings it back`, null);
  const fix = dropIn(facts, '[Service]\nExecStart=\nExecStart=… (the same command without the "-" in front)');
  return fail('prefix', `ExecStart=-${program}`, means, fix);
}

function exitTypeRow(facts: SystemdFacts): DoctorRow {
  const { exitType } = facts.settings;
  if (exitType !== 'cgroup')
    return ok('exit-type', `ExitType=${exitType}`, 'the end of the main process is the end');
  const means =
    'it stays "active" until its last process is gone: killing the main process alone changes nothing';
  return warn('exit-type', 'ExitType=cgroup', means, dropIn(facts, '[Service]\nExitType=main'));
}

const LONG_DELAY_MS = 30_000;

function delayRow(facts: SystemdFacts): DoctorRow {
  const { restartMs, restartSteps, restartMaxDelayMs } = facts.settings;
  const read = `RestartSec=${span(restartMs)}${restartSteps > 0 ? ` RestartSteps=${restartSteps}` : ''}`;
  if (restartSteps > 0 && restartMaxDelayMs > restartMs) {
    const means = `the delay grows to ${span(restartMaxDelayMs)} and never shrinks again, however well the service runs`;
    return warn('delay', read, means, dropIn(facts, '[Service]\nRestartSteps=0'));
  }
  if (restartMs > LONG_DELAY_MS) {
    return warn('delay', read, 'every recovery waits that long', dropIn(facts, '[Service]\nRestartSec=2'));
  }
  return ok('delay', read, 'between its end and its next start');
}

function startLimitRow(facts: SystemdFacts): DoctorRow {
  const { settings, policy } = facts;
  const { burst, intervalMs } = settings.startLimit;
  const read = `StartLimitBurst=${burst} StartLimitIntervalSec=${span(intervalMs)}`;
  if (burst <= 0 || intervalMs <= 0) return ok('start-limit', read, 'systemd never gives up');
  const lift = dropIn(facts, '[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestartSec=5');
  if (burst < 2)
    return fail('start-limit', read, 'the first restart is already refused: no kill is possible', lift);
  const once = facts.user ? '' : '; then only an admin can start it again';
  if (intervalMs >= policy.windowMs && burst <= policy.killsMax) {
    const means = `the guard may kill ${policy.killsMax} times in ${span(policy.windowMs)}, systemd starts it ${burst} times: some kills will be withheld`;
    return warn('start-limit', read, means, lift);
  }
  if (settings.restartMs * burst < intervalMs) {
    const means = `a service that fails at once is given up after ${burst} starts${once}`;
    return warn('start-limit', read, means, lift);
  }
  return ok('start-limit', read, `RestartSec=${span(settings.restartMs)} keeps it from ever being reached`);
}

const HARMLESS = new Set(['none', '']);

function actionsRow(facts: SystemdFacts): DoctorRow {
  const { failureAction, startLimitAction } = facts.settings;
  const read = `FailureAction=${failureAction} StartLimitAction=${startLimitAction}`;
  const harmless = HARMLESS.has(failureAction) && HARMLESS.has(startLimitAction);
  if (harmless) return ok('actions', read, 'a failure stays this unit’s own');
  const fix = dropIn(facts, '[Unit]\nFailureAction=none\nStartLimitAction=none');
  return fail('actions', read, 'a kill may take the whole machine with it', fix);
}
