import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasMarker, withLine, withoutLine } from './crontab.js';
import { cronPlan, type GuardCommand, NAMES, quoteCron, userUnitPlan } from './plan.js';
import { quoteUnit } from './step.js';

const COMMAND: GuardCommand = {
  node: '/opt/my node/bin/node',
  bin: '/opt/ninelives.js',
  mode: 'guard',
  flags: ['--config', '/home/jc/50% off/$x.yaml'],
  stateDir: '/home/jc/state',
};
const HOME = { unitDir: '/h/.config/systemd/user', user: 'jc', cwd: '/h', missingFolders: ['/h/.config'] };

test('words reach the program as they are, through systemd and through cron', () => {
  assert.equal(quoteUnit('/a/b-c.js'), '/a/b-c.js');
  assert.equal(quoteUnit('50% of $x "y"'), '"50%% of $$x \\"y\\""');
  assert.equal(quoteCron("it's 50%"), "'it'\\''s 50\\%'");
});

test('a crontab is given back byte for byte', () => {
  const [step] = cronPlan(COMMAND).steps;
  assert.ok(step?.type === 'crontab' && step.line.endsWith(NAMES.guard.marker));
  for (const before of [null, '# mine\n\n\n* * * * * true\n', '@reboot true # ninelives guards\n']) {
    assert.ok(!hasMarker(before, step.marker));
    const after = withLine(before, step);
    assert.ok(hasMarker(after, step.marker));
    assert.equal(withoutLine(after, step), before);
  }
  assert.equal(withLine('true', step), `true\n${step.line}\n`, 'cron wants a line break at the end');
});

test('what is undone last first leaves the user manager until the end', () => {
  const undone = (lingers: boolean) =>
    [...userUnitPlan(COMMAND, { ...HOME, lingers }).steps].reverse().flatMap((step) => {
      if (step.type === 'run') return step.undo === null ? [] : [step.undo.slice(0, 3).join(' ')];
      return [step.type];
    });
  const kept = ['systemctl --user disable', 'file', 'folder', 'systemctl --user daemon-reload'];
  assert.deepEqual(undone(true), kept, 'linger that was there before stays');
  assert.deepEqual(undone(false), [...kept, 'loginctl disable-linger jc']);
});

test('what ninelives itself runs outlives its guard', () => {
  const textOf = (mode: GuardCommand['mode']) => {
    const { steps } = userUnitPlan({ ...COMMAND, mode }, { ...HOME, lingers: true }, 8_000);
    return steps.flatMap((step) => (step.type === 'file' ? [step.text] : [])).join();
  };
  assert.match(textOf('up'), /^KillMode=process$/m);
  assert.doesNotMatch(textOf('guard'), /KillMode/);
  assert.match(textOf('guard'), /^WatchdogSec=8$/m);
  assert.match(
    textOf('guard'),
    /^ExecStart="\/opt\/my node\/bin\/node" .* "\/home\/jc\/50%% off\/\$\$x.yaml"/m,
  );
});

test('an outer layer lives beside a guard, under names of its own', () => {
  const command: GuardCommand = { ...COMMAND, mode: 'watch' };
  const [unit] = userUnitPlan(command, { ...HOME, lingers: true }).steps.filter(
    ({ type }) => type === 'file',
  );
  assert.ok(unit?.type === 'file' && unit.path.endsWith('/ninelives-watch.service'));
  assert.match(unit.text, /ninelives\.js watch --config/);
  const [step] = cronPlan(command, 3).steps;
  assert.ok(step?.type === 'crontab');
  assert.match(
    step.line,
    /^\*\/3 \* \* \* \* .* watch --once --config .*watch-once\.log 2>&1 # ninelives watch$/,
  );
  assert.ok(!hasMarker(step.line, NAMES.guard.marker));
});
