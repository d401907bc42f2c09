import type { DoctorRow } from '../row.js';
import { dropIn, fail, ok, span, warn } from './advice.js';
import type { SystemdFacts } from './facts.js';

/** What the kill meets: whose process it is, what it is, what outlives it, and how long the next one may load. */
export function processRows(facts: SystemdFacts): DoctorRow[] {
  return [
    ownerRow(facts),
    mainRow(facts),
    killModeRow(facts),
    sendSigkillRow(facts),
    startTimeoutRow(facts),
    typeRow(facts),
    oomRow(facts),
    runtimeRow(facts),
    reloadRow(facts),
  ];
}

function ownerRow(facts: SystemdFacts): DoctorRow {
  const { main, me, unit } = facts;
  if (!main)
    return warn(
      'owner',
      'no main process now',
      'whose it is can’t be told until it runs',
      `systemctl status ${unit}`,
    );
  const read = `pid ${main.pid} runs as uid ${main.uid}`;
  if (main.uid === me.uid) return ok('owner', read, `that is me (${me.name}): I may signal it`);
  const fix = dropIn(facts, `[Service]\nUser=${me.name}`);
  return fail('owner', read, `I am uid ${me.uid}: the kernel refuses my signals`, fix);
}

const CONTAINERS = /^(docker|podman|nerdctl|conmon|containerd-shim.*|crun|runc)$/;
const SHELLS = /^(sh|bash|dash|zsh|ash|busybox)$/;
const WRAPPERS = /^(sudo|su|runuser|screen|tmux|nohup|timeout|script|env)$/;

function mainRow(facts: SystemdFacts): DoctorRow {
  const { main, settings, unit } = facts;
  const path = main?.program || settings.program;
  const name = path.split('/').at(-1) ?? '';
  const read = `${path}${main ? ` (pid ${main.pid})` : ''}`;
  if (CONTAINERS.test(name)) {
    const means =
      'the main process only watches a container, which goes on without it: SIGKILL mends nothing';
    return fail(
      'main',
      read,
      means,
      'run the server itself in the unit, or let the container engine restart it',
    );
  }
  if (SHELLS.test(name) || WRAPPERS.test(name)) {
    const means = `the main process is a wrapper (${name}): SIGKILL meets it first, its list then the server`;
    return warn(
      'main',
      read,
      means,
      dropIn(facts, `[Service]\nExecStart=\nExecStart=… (the server itself, or "exec" in front of it)`),
    );
  }
  if (!main) return warn('main', settings.program, 'it is not running now', `systemctl status ${unit}`);
  return ok('main', read, 'the server itself');
}

/** A restart that survivors may hold up for longer than this is worth a word. */
const LONG_STOP_MS = 30_000;
/** And this, where one of them is there now. */
const NOTED_STOP_MS = 5_000;

function killModeRow(facts: SystemdFacts): DoctorRow {
  const { ignoreTerm } = facts;
  const { killMode, timeoutStopMs, killSignal } = facts.settings;
  const ignoring = ignoreTerm.length === 0 ? '' : `; SIGTERM is ignored by ${ignoreTerm.join(', ')}`;
  const read = `KillMode=${killMode} TimeoutStopSec=${span(timeoutStopMs)}${ignoring}`;
  if (killMode === 'mixed') return ok('kill-mode', read, 'survivors of the main process are killed at once');
  const mixed = dropIn(facts, '[Service]\nKillMode=mixed');
  if (killMode !== 'control-group') {
    return warn('kill-mode', read, 'survivors stay beside the next start, and may keep port and GPU', mixed);
  }
  if (killSignal === 9) return ok('kill-mode', read, 'KillSignal=SIGKILL: survivors are killed at once');
  const means = `a worker that ignores SIGTERM holds up a restart for ${span(timeoutStopMs)}; the guard kills the workers too`;
  const isLong = timeoutStopMs > (ignoring === '' ? LONG_STOP_MS : NOTED_STOP_MS);
  return isLong ? warn('kill-mode', read, means, mixed) : ok('kill-mode', read, means);
}

function sendSigkillRow(facts: SystemdFacts): DoctorRow {
  const { sendSigkill } = facts.settings;
  if (sendSigkill) return ok('send-sigkill', 'SendSIGKILL=yes', 'survivors are killed in the end');
  const means = 'systemd refuses to start it beside survivors, and never kills them';
  return warn('send-sigkill', 'SendSIGKILL=no', means, dropIn(facts, '[Service]\nSendSIGKILL=yes'));
}

/** Types for which systemd waits until the service says, or shows, that it is ready (systemd.service(5), Type=). */
const WAITS = new Set(['notify', 'notify-reload', 'forking', 'dbus', 'oneshot']);

function startTimeoutRow(facts: SystemdFacts): DoctorRow {
  const { settings, loadMs } = facts;
  const { type, timeoutStartMs } = settings;
  const read = `Type=${type} TimeoutStartSec=${span(timeoutStartMs)}`;
  if (!WAITS.has(type)) return ok('start-timeout', read, 'does not apply to this type');
  if (timeoutStartMs === Number.POSITIVE_INFINITY)
    return ok('start-timeout', read, 'it may load for as long as it takes');
  if (loadMs === null) {
    const means = `killed when it is not ready after ${span(timeoutStartMs)}; how long it loads is not on record yet`;
    return ok('start-timeout', read, means);
  }
  const took = span(Math.round(loadMs / 100) * 100);
  const fix = dropIn(facts, `[Service]\nTimeoutStartSec=${Math.ceil((loadMs * 3) / 60_000)}min`);
  if (timeoutStartMs < loadMs)
    return fail('start-timeout', read, `it loads for ${took}: every start would be killed`, fix);
  if (timeoutStartMs < loadMs * 2)
    return warn('start-timeout', read, `it has loaded for ${took}: little room`, fix);
  return ok('start-timeout', read, `it loads for ${took}`);
}

function typeRow(facts: SystemdFacts): DoctorRow {
  const { type } = facts.settings;
  const read = `Type=${type}`;
  if (WAITS.has(type)) return ok('type', read, 'systemd knows when it is up');
  return ok('type', read, '"active" means only that it was started: whether it loads, only a probe can tell');
}

function oomRow(facts: SystemdFacts): DoctorRow {
  const { oomPolicy } = facts.settings;
  const read = `OOMPolicy=${oomPolicy}`;
  if (oomPolicy !== 'continue')
    return ok('oom', read, 'a worker killed for memory ends the unit, which is started again');
  const means = 'a worker killed for memory leaves a service without it';
  return warn('oom', read, means, dropIn(facts, '[Service]\nOOMPolicy=stop'));
}

function runtimeRow(facts: SystemdFacts): DoctorRow {
  const { runtimeMaxMs } = facts.settings;
  const read = `RuntimeMaxSec=${span(runtimeMaxMs)}`;
  if (runtimeMaxMs === Number.POSITIVE_INFINITY)
    return ok('runtime', read, 'it may run for as long as it likes');
  return warn(
    'runtime',
    read,
    'systemd ends it by the clock, busy or not',
    dropIn(facts, '[Service]\nRuntimeMaxSec=infinity'),
  );
}

function reloadRow(facts: SystemdFacts): DoctorRow {
  if (!facts.settings.needsReload)
    return ok('reload', 'NeedDaemonReload=no', 'the files are what systemd goes by');
  const fix = facts.user ? 'systemctl --user daemon-reload' : 'an admin: sudo systemctl daemon-reload';
  return warn('reload', 'NeedDaemonReload=yes', 'the unit’s files were changed since systemd read them', fix);
}
