import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Exit, StartWindow } from './semantics.js';
import { admitStart, restartsAfter, resultOf } from './semantics.js';

/** Rows of the table in systemd.service(5), "Exit causes and the effect of the Restart= settings". */
const CAUSES: { name: string; exit: Exit }[] = [
  { name: 'exit 0', exit: { type: 'exit', code: 0 } },
  { name: 'SIGHUP', exit: { type: 'signal', signal: 'SIGHUP' } },
  { name: 'SIGINT', exit: { type: 'signal', signal: 'SIGINT' } },
  { name: 'SIGTERM', exit: { type: 'signal', signal: 'SIGTERM' } },
  { name: 'SIGPIPE', exit: { type: 'signal', signal: 'SIGPIPE' } },
  { name: 'exit 1', exit: { type: 'exit', code: 1 } },
  { name: 'exit 143', exit: { type: 'exit', code: 143 } },
  { name: 'SIGKILL', exit: { type: 'signal', signal: 'SIGKILL' } },
  { name: 'SIGABRT', exit: { type: 'signal', signal: 'SIGABRT' } },
  { name: 'SIGUSR1', exit: { type: 'signal', signal: 'SIGUSR1' } },
  { name: 'not started', exit: { type: 'not-started', why: 'ENOENT' } },
  { name: 'adopted', exit: { type: 'unknown' } },
];

describe('restart semantics', () => {
  const restarted = (policy: Parameters<typeof restartsAfter>[0]) =>
    CAUSES.filter(({ exit }) => restartsAfter(policy, resultOf(exit))).map(({ name }) => name);
  const unclean = ['SIGKILL', 'SIGABRT', 'SIGUSR1'];

  it('follow the table of systemd.service(5)', () => {
    assert.deepEqual(restarted('no'), []);
    assert.deepEqual(restarted('on-failure'), ['exit 1', 'exit 143', ...unclean, 'not started', 'adopted']);
    assert.deepEqual(restarted('on-abnormal'), [...unclean, 'adopted']);
    assert.deepEqual(restarted('on-abort'), [...unclean, 'adopted']);
    assert.deepEqual(
      restarted('always'),
      CAUSES.map(({ name }) => name),
    );
  });

  it('take a forced stop for a failure, but not for an abort', () => {
    assert.equal(restartsAfter('on-failure', 'timeout'), true);
    assert.equal(restartsAfter('on-abnormal', 'timeout'), true);
    assert.equal(restartsAfter('on-abort', 'timeout'), false);
  });
});

describe('start limit', () => {
  const limit = { startLimitBurst: 5, startLimitIntervalMs: 10_000 };
  const admit = (times: number[], settings = limit) => {
    let window: StartWindow | null = null;
    return times.map((atMs) => {
      const result = admitStart(window, atMs, settings);
      window = result.window;
      return result.admitted;
    });
  };

  it('admits five starts in ten seconds and refuses the sixth', () => {
    assert.deepEqual(admit([0, 1, 2, 3, 4, 5]), [true, true, true, true, true, false]);
  });

  it('never trips when starts are 2.6 s apart, as measured on systemd 252', () => {
    assert.ok(admit(Array.from({ length: 30 }, (_, i) => i * 2_600)).every(Boolean));
  });

  it('admits again once the interval since the first of them is over', () => {
    assert.deepEqual(admit([0, 1, 2, 3, 4, 5, 10_000, 10_001]), [
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  it('is off when burst or interval is 0', () => {
    const times = Array.from({ length: 50 }, () => 0);
    assert.ok(admit(times, { startLimitBurst: 0, startLimitIntervalMs: 10_000 }).every(Boolean));
    assert.ok(admit(times, { startLimitBurst: 5, startLimitIntervalMs: 0 }).every(Boolean));
  });

  it('never refuses a start that a sliding count of the interval would allow', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4_000), { maxLength: 60 }), (gaps) => {
        let nowMs = 0;
        const times = gaps.map((gap) => (nowMs += gap));
        const admitted = admit(times);
        times.forEach((atMs, i) => {
          const recent = times.slice(0, i + 1).filter((other) => atMs - other <= limit.startLimitIntervalMs);
          if (recent.length <= limit.startLimitBurst) assert.equal(admitted[i], true);
        });
      }),
    );
  });
});
