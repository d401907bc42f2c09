import { createHash } from 'node:crypto';
import type { Fingerprint } from '../../core/types.js';
import type { Properties } from './show.js';

/**
 * The properties that decide whether, and into what, a unit comes back after a SIGKILL. A proof of recovery is a
 * proof for these values only. Never what changes with every start (pid, InvocationID) or may hold secrets
 * (Environment=); of command lines only the program and a digest, for the same reason.
 */
export const DECIDING = [
  ...['LoadState', 'FragmentPath', 'Type', 'ExitType', 'User', 'RemainAfterExit', 'Restart', 'RestartMode'],
  ...['RestartUSec', 'RestartSteps', 'RestartMaxDelayUSec', 'RestartPreventExitStatus'],
  ...['RestartForceExitStatus', 'SuccessExitStatus', 'StartLimitBurst', 'StartLimitIntervalUSec'],
  ...['StartLimitAction', 'FailureAction', 'SuccessAction', 'KillMode', 'KillSignal', 'SendSIGKILL'],
  ...['TimeoutStartUSec', 'TimeoutStopUSec', 'TimeoutStopFailureMode', 'NotifyAccess', 'OOMPolicy'],
  ...['ExecCondition', 'ExecStartPre', 'ExecStart', 'ExecStartPost', 'ExecStopPost'],
];

/** Only what the unit has: a property that this systemd does not know, or that is empty, is left out. */
export function fingerprintOf(properties: Properties): Fingerprint {
  const fingerprint: Fingerprint = {};
  for (const name of DECIDING) {
    const value = properties.get(name);
    if (value) fingerprint[name] = name.startsWith('Exec') ? commandsText(value) : value;
  }
  return fingerprint;
}

/** `/usr/bin/python3 #1a2b3c4d`, for each command; a `-` in front when its failure is ignored. */
function commandsText(value: string): string {
  return value.split('\n').map(commandText).join(', ');
}

function commandText(command: string): string {
  // What follows is about the last run: times, pid, status.
  const [lasting = command] = command.split(/ ; start_time=\[/);
  const path = /^\{ path=(.*?) ; /.exec(lasting)?.[1] ?? '';
  const dash = /; ignore_errors=yes$/.test(lasting) ? '-' : '';
  return `${dash}${path} #${createHash('sha256').update(lasting).digest('hex').slice(0, 8)}`;
}
