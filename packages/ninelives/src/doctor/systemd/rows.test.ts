import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DoctorRow } from '../row.js';
import type { DoctoredSettings, SystemdFacts } from './facts.js';
import { systemdRows } from './rows.js';

const NOTHING = { codes: [], signals: [] };

const SOUND: DoctoredSettings = {
  loadState: 'loaded',
  type: 'simple',
  exitType: 'main',
  restart: 'on-failure',
  restartMs: 5_000,
  restartSteps: 0,
  restartMaxDelayMs: Number.POSITIVE_INFINITY,
  restartPrevent: NOTHING,
  restartForce: NOTHING,
  success: NOTHING,
  startLimit: { burst: 5, intervalMs: 10_000 },
  startLimitAction: 'none',
  failureAction: 'none',
  killMode: 'mixed',
  killSignal: 15,
  sendSigkill: true,
  timeoutStopMs: 90_000,
  timeoutStartMs: 90_000,
  runtimeMaxMs: Number.POSITIVE_INFINITY,
  oomPolicy: 'stop',
  ignoresFailure: false,
  program: '/usr/bin/python3',
  commandLine: '/usr/bin/python3 serve.py',
  needsReload: false,
};

const FACTS: SystemdFacts = {
  unit: 'mteb-serving.service',
  user: false,
  settings: SOUND,
  revival: { revives: true, because: 'Restart=on-failure covers SIGKILL', fix: null },
  systemdVersion: 252,
  me: { uid: 1000, name: 'jc' },
  main: { pid: 4711, uid: 1000, program: '/usr/bin/python3' },
  ignoreTerm: [],
  linger: true,
  port: 8088,
  portOwner: { who: 'unit', text: 'pid 4711 (python3), uid 1000' },
  probeUrl: 'http://127.0.0.1:8088',
  loadMs: 14_000,
  policy: { killsMax: 3, windowMs: 900_000 },
  guard: { by: 'unit', runs: true, read: 'ninelives-guard.service', fix: null },
};

const DOWN = {
  revives: false,
  because: 'Restart=no does not cover SIGKILL',
  fix: '[Service]\nRestart=on-failure',
};

/** What is changed in a sound unit, the row that must say so, and how loudly. */
const CHANGES: [string, DoctorRow['level'], Partial<SystemdFacts>, Partial<DoctoredSettings>?][] = [
  ['restart', 'fail', { revival: DOWN }, { restart: 'no' }],
  ['success', 'fail', { revival: DOWN }, { success: { codes: [], signals: ['SIGKILL'] } }],
  ['success', 'warn', {}, { success: { codes: [], signals: ['SIGKILL'] } }],
  ['prevent', 'fail', { revival: DOWN }, { restartPrevent: { codes: [], signals: ['SIGKILL'] } }],
  ['force', 'warn', { revival: DOWN }, { restart: 'no', restartForce: { codes: [137], signals: [] } }],
  ['prefix', 'fail', { revival: DOWN }, { ignoresFailure: true }],
  ['exit-type', 'warn', {}, { exitType: 'cgroup' }],
  ['delay', 'warn', {}, { restartMs: 60_000 }],
  ['delay', 'warn', {}, { restartSteps: 4, restartMaxDelayMs: 600_000 }],
  ['start-limit', 'fail', {}, { startLimit: { burst: 1, intervalMs: 10_000 } }],
  ['start-limit', 'warn', {}, { startLimit: { burst: 3, intervalMs: 3_600_000 } }],
  ['start-limit', 'warn', {}, { restartMs: 100 }],
  ['actions', 'fail', {}, { failureAction: 'reboot' }],
  ['actions', 'fail', {}, { startLimitAction: 'reboot-force' }],
  ['owner', 'fail', { main: { pid: 9, uid: 0, program: '/usr/bin/python3' } }],
  ['owner', 'warn', { main: null }],
  ['main', 'fail', { main: { pid: 9, uid: 1000, program: '/usr/bin/docker' } }],
  ['main', 'fail', { main: { pid: 9, uid: 1000, program: '/usr/bin/conmon' } }],
  ['main', 'warn', { main: { pid: 9, uid: 1000, program: '/usr/bin/dash' } }],
  ['kill-mode', 'warn', {}, { killMode: 'control-group' }],
  ['kill-mode', 'warn', {}, { killMode: 'process' }],
  ['kill-mode', 'ok', {}, { killMode: 'control-group', timeoutStopMs: 15_000 }],
  ['kill-mode', 'warn', { ignoreTerm: ['pid 9 (py)'] }, { killMode: 'control-group', timeoutStopMs: 15_000 }],
  ['kill-mode', 'ok', { ignoreTerm: ['pid 9 (py)'] }],
  ['send-sigkill', 'warn', {}, { sendSigkill: false }],
  ['start-timeout', 'fail', { loadMs: 100_000 }, { type: 'notify' }],
  ['start-timeout', 'warn', { loadMs: 60_000 }, { type: 'notify' }],
  ['oom', 'warn', {}, { oomPolicy: 'continue' }],
  ['runtime', 'warn', {}, { runtimeMaxMs: 3_600_000 }],
  ['reload', 'warn', {}, { needsReload: true }],
  ['port', 'fail', { portOwner: { who: 'foreign', text: 'pid 1 (nginx), uid 33' } }],
  ['port', 'warn', { portOwner: { who: 'none', text: 'nobody' } }],
  ['probe', 'warn', { probeUrl: 'https://models.example.org' }],
  ['probe', 'warn', { probeUrl: 'http://127.0.0.1:8080/v1' }],
  ['linger', 'fail', { user: true, linger: false }],
  ['linger', 'warn', { user: true, systemdVersion: 255 }],
  ['guard', 'warn', { guard: null }],
  ['guard', 'warn', { guard: { by: 'nobody', runs: true, read: 'running', fix: 'ninelives install' } }],
  ['guard', 'warn', { guard: { by: 'cron', runs: false, read: 'no cron runs here', fix: 'start it' } }],
  ['guard', 'warn', { guard: { by: 'timer', runs: false, read: 'not active', fix: 'enable it' } }],
  ['guard', 'ok', { guard: { by: 'timer', runs: true, read: 'pass.timer', fix: null } }],
];

function rowsOf(facts: Partial<SystemdFacts>, settings: Partial<DoctoredSettings> = {}): DoctorRow[] {
  return systemdRows({ ...FACTS, ...facts, settings: { ...SOUND, ...settings } });
}

test('a sound unit has nothing to mend', () => {
  const rows = rowsOf({});
  assert.deepEqual(
    rows.filter((row) => row.level !== 'ok'),
    [],
  );
  assert.equal(new Set(rows.map((row) => row.id)).size, rows.length);
  assert.ok(rows.every((row) => row.read !== '' && row.means !== ''));
});

for (const [id, level, facts, settings] of CHANGES) {
  test(`${id} is ${level}: ${JSON.stringify({ ...facts, ...settings })}`, () => {
    const row = rowsOf(facts, settings).find((each) => each.id === id);
    assert.equal(row?.level, level, JSON.stringify(row));
    if (level === 'fail') assert.ok(row?.fix);
  });
}

test('137 and 9 are said to be no signal, and stand in nobody’s way', () => {
  const numbers = { codes: [9, 137], signals: [] };
  for (const [id, setting] of [
    ['success', 'success'],
    ['prevent', 'restartPrevent'],
  ] as const) {
    const row = rowsOf({}, { [setting]: numbers }).find((each) => each.id === id);
    assert.equal(row?.level, 'ok');
    assert.match(row?.means ?? '', /9 137 are exit codes/);
  }
});

test('the fix says who types what, and what goes into the file', () => {
  const system = rowsOf({ revival: DOWN }).find((row) => row.id === 'restart');
  assert.equal(
    system?.fix,
    'an admin: sudo systemctl edit mteb-serving.service\n[Service]\nRestart=on-failure',
  );
  const user = rowsOf({ revival: DOWN, user: true }).find((row) => row.id === 'restart');
  assert.equal(user?.fix, 'systemctl --user edit mteb-serving.service\n[Service]\nRestart=on-failure');
});

test('a unit that is not there is one row', () => {
  const rows = rowsOf({ main: null }, { loadState: 'not-found' });
  assert.deepEqual(
    rows.map((row) => [row.id, row.level]),
    [['unit', 'fail']],
  );
});
