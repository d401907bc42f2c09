import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { DECIDING, fingerprintOf } from './fingerprint.js';
import { predictRevival } from './revival.js';
import { exitText, parseExitStatuses, parseShow, parseSpanMs, parseStampMs } from './show.js';
import { unitName } from './systemctl.js';
import { parseUnit } from './unit.js';

/** Captured from systemd 252. */
function captured(name: string): string {
  const url = new URL(`../../../../test/systemd/fixtures/${name}.txt`, import.meta.url);
  return readFileSync(url, 'utf8');
}

test('a running system unit', () => {
  const { settings, now } = parseUnit(captured('system-running'));
  assert.equal(settings.id, 't1.service');
  assert.deepEqual(settings.success, { codes: [3, 137], signals: ['SIGKILL', 'SIGUSR1'] });
  assert.deepEqual(settings.restartPrevent, { codes: [9], signals: ['SIGABRT'] });
  assert.deepEqual(settings.restartForce, { codes: [1], signals: ['SIGKILL'] });
  assert.deepEqual(settings.startLimit, { burst: 5, intervalMs: 10_000 });
  assert.equal(settings.timeoutStopMs, Number.POSITIVE_INFINITY);
  assert.equal(settings.timeoutStartMs, 90_000);
  assert.equal(settings.ignoresFailure, true);
  assert.equal(settings.program, '/bin/sleep');
  assert.equal(settings.commandLine, '/bin/sleep infinity');
  assert.equal(settings.user, 'jc');
  assert.equal(now.phase, 'active');
  assert.equal(now.mainPid, 111);
  assert.equal(now.controlGroup, '/system.slice/t1.service');
  assert.equal(now.mainStartedAtMs, 2349064.284);
});

test('a failed unit, one that waits for its restart, a user unit, and none at all', () => {
  const failed = parseUnit(captured('system-failed'));
  assert.equal(failed.now.phase, 'failed');
  assert.equal(failed.now.restarts, 2);
  assert.equal(exitText(failed.properties), 'exit status 3');
  assert.deepEqual(failed.settings.startLimit, { burst: 2, intervalMs: 63 * 60_000 });
  const waiting = parseUnit(captured('system-auto-restart'));
  assert.equal(waiting.now.phase, 'auto-restart');
  assert.equal(waiting.settings.restartMs, 3_600_000);
  const user = parseUnit(captured('user-running'));
  assert.match(user.now.controlGroup, /^\/user\.slice\/.*\/u1\.service$/);
  assert.equal(user.settings.type, 'notify');
  const none = parseUnit(captured('not-found'));
  assert.equal(none.settings.loadState, 'not-found');
  assert.equal(none.now.phase, 'inactive');
  assert.equal(predictRevival(none.settings).revives, false);
});

test('whatever the text, parsing does not throw and the answer is complete', () => {
  const lines = captured('system-running').split('\n');
  const line = fc.oneof(
    fc.constantFrom(...lines),
    fc.string(),
    fc.string().map((text) => `MainPID=${text}`),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 300 }), (some) => {
      const { settings, now, properties } = parseUnit(some.join('\n'));
      assert.ok(Number.isSafeInteger(now.mainPid) && now.mainPid >= 0);
      assert.ok(settings.startLimit.intervalMs >= 0 && settings.timeoutStopMs >= 0);
      const revival = predictRevival(settings);
      assert.ok(revival.because.length > 0);
      if (settings.loadState !== 'loaded') assert.equal(revival.revives, false);
      for (const name of Object.keys(fingerprintOf(properties))) assert.ok(DECIDING.includes(name));
    }),
  );
});

test('a command line with line breaks does not pass for a property', () => {
  const text = 'MainPID=7\nExecStart={ path=/x ; argv[]=/x \nMainPID=1\nUser=root ; ignore_errors=no ; }';
  assert.equal(parseShow(text).get('MainPID'), '7');
});

test('time spans are read back to what was printed', () => {
  const units = { y: 31_557_600_000, month: 2_629_800_000, w: 604_800_000, d: 86_400_000, h: 3_600_000 };
  const small = { min: 60_000, s: 1_000, ms: 1 };
  for (const [unit, ms] of Object.entries({ ...units, ...small })) {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), (count) => {
        assert.equal(parseSpanMs(`${count}${unit}`), count * ms);
        assert.equal(parseSpanMs(`${count}${unit} 1us`), count * ms + 0.001);
      }),
    );
  }
  assert.equal(parseSpanMs('1min 30s'), 90_000);
  assert.equal(parseSpanMs('1.5s'), 1_500);
  assert.equal(parseSpanMs('0'), 0);
  assert.equal(parseSpanMs('infinity'), Number.POSITIVE_INFINITY);
  fc.assert(fc.property(fc.string(), (text) => parseSpanMs(text) !== undefined));
  for (const wrong of ['', 'soon', '5', '5 s', '-1s']) assert.equal(parseSpanMs(wrong), null);
  assert.equal(parseStampMs('0'), null);
});

test('exit statuses: a number is never a signal', () => {
  assert.deepEqual(parseExitStatuses(''), { codes: [], signals: [] });
  assert.deepEqual(parseExitStatuses('9 137'), { codes: [9, 137], signals: [] });
  assert.deepEqual(parseExitStatuses('KILL RTMIN+3'), { codes: [], signals: ['SIGKILL', 'SIGRTMIN+3'] });
  assert.equal(exitText(parseShow('ExecMainCode=2\nExecMainStatus=9')), 'SIGKILL');
  assert.equal(exitText(parseShow('ExecMainCode=3\nExecMainStatus=11')), 'SIGSEGV (core dumped)');
  assert.equal(exitText(parseShow('ExecMainCode=0\nExecMainStatus=0')), null);
});

test('a fingerprint names settings, holds no secret, and stays the same over a restart', () => {
  const text = captured('system-running');
  const before = fingerprintOf(parseShow(text));
  const restarted = text
    .replaceAll('pid=111', 'pid=222')
    .replace('MainPID=111', 'MainPID=222')
    .replace(/InvocationID=\w+/, 'InvocationID=other')
    .replaceAll('03:47:38', '05:00:00')
    .replaceAll('NRestarts=0', 'NRestarts=7');
  assert.notEqual(restarted, text);
  assert.deepEqual(fingerprintOf(parseShow(restarted)), before);
  assert.equal(before.Restart, 'on-failure');
  assert.match(before.ExecStart ?? '', /^-\/bin\/sleep #[0-9a-f]{8}$/);
  assert.ok(!JSON.stringify(before).includes('multi'));
  const argument = fingerprintOf(parseShow(text.replaceAll('sleep infinity', 'sleep 1')));
  assert.notEqual(argument.ExecStart, before.ExecStart);
});

test('what can not be the name of a unit is refused', () => {
  assert.equal(unitName('mteb-serving'), 'mteb-serving.service');
  assert.equal(unitName('model@8b.service'), 'model@8b.service');
  for (const wrong of ['', '--all', 'a b', 'a/b', '*', 'a\n']) assert.throws(() => unitName(wrong));
});
