import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POLICY, serving } from '../../test/fixtures/core-story.js';
import { memoryRecord } from '../record/memory.js';
import { createGuard } from './loop.js';
import { DEFAULT_TIMING, type GuardPorts } from './ports.js';

test('an operator’s word to arm waits for the first look that succeeds, and keeps nothing else waiting', () => {
  const record = memoryRecord();
  const { unit } = serving().state;
  assert.ok(unit);
  let looks = 0;
  let tick = () => {};
  const clock = {
    monotonicMs: () => 1_000 * looks,
    wallMs: () => 1_000 * looks,
    after: (_delayMs: number, run: () => void) => {
      tick = run;
      return () => {};
    },
  };
  const ports = {
    clock,
    inspect(done: (seen: object) => void) {
      looks += 1;
      done(
        looks < 3
          ? { unknown: 'systemctl show: no answer within 2000 ms' }
          : { ...unit, fingerprint: { Restart: 'always' } },
      );
    },
    probe: () => {},
    completions: null,
    committed: () => {},
  } as unknown as GuardPorts;
  const post = (type: 'arm' | 'pause') =>
    record.post({ service: 'svc', wallMs: 0, by: 'jc', command: { type } });
  post('arm');
  post('pause');
  const guard = createGuard({
    ...{
      service: 'svc',
      bootId: 'boot',
      policy: POLICY,
      power: 'watch-only',
      timing: DEFAULT_TIMING,
      record,
      ports,
    },
    commit(decision, consumed) {
      record.commit('svc', decision, { notifiers: [], consumed });
      return 'committed';
    },
  });
  guard.begin();
  const waiting = () => record.inbox('svc').map(({ command }) => command.type);
  assert.deepEqual(
    [guard.state().power, guard.state().desired, waiting()],
    ['watch-only', 'paused', ['arm']],
  );
  for (let i = 0; i < 5; i++) tick();
  assert.deepEqual([guard.state().power, guard.state().proof?.by, waiting()], ['armed', 'word', []]);
  guard.stop();
});
