import assert from 'node:assert/strict';
import { test } from 'node:test';
import { incarnationOf, POLICY, Story, serving, unitOf } from '../../test/fixtures/core-story.js';
import type { UnitSnapshot } from './types.js';

test('I1 a kill needs failureThreshold silent failures of that incarnation', () => {
  const quick = { ...POLICY, idlePatienceMs: 0 };
  assert.equal(serving(quick).probe('timeout', 'timeout').kills.length, 0);
  const { kills, state } = serving(quick).probe('timeout', 'timeout', 'timeout');
  assert.equal(kills.length, 1);
  assert.equal(kills[0]?.incarnation.invocation, 'inv-1');
  assert.equal(state.verdict.kind, 'hung');
});

test('I1 any answer in between begins the count anew, a 429 too', () => {
  const quick = { ...POLICY, idlePatienceMs: 0 };
  for (const answer of ['ok', 'busy', 'misconfigured'] as const) {
    const story = serving(quick).probe('timeout', 'timeout', answer, 'timeout', 'timeout');
    assert.equal(story.kills.length, 0, answer);
  }
});

test('I1 finished work in between begins the count anew', () => {
  const story = serving({ ...POLICY, idlePatienceMs: 0 }).probe('timeout', 'timeout');
  story.see({ type: 'completion', incarnation: incarnationOf(1), source: 'counter' });
  assert.equal(story.probe('timeout', 'timeout').kills.length, 0);
  assert.equal(story.probe('timeout').kills.length, 1);
});

test('I1 an outcome of an earlier incarnation says nothing about this one', () => {
  const story = serving({ ...POLICY, idlePatienceMs: 0 }).probe('timeout', 'timeout');
  story.look(unitOf(2)).probe('ok');
  const outcome = { reason: 'timeout' as const, detail: '', tookMs: 5, status: null, cheap: [] };
  for (let i = 0; i < 5; i++) {
    story.after(1_000).look();
    story.see({ type: 'probe', incarnation: incarnationOf(1), startedAtMs: story.nowMs, outcome });
  }
  assert.equal(story.kills.length, 0);
  assert.equal(story.state.life?.failures, 0);
});

test('I1 wrong answers are judged M of N, and a right one in the last place acquits', () => {
  assert.equal(serving().probe('wrong', 'ok', 'wrong', 'ok', 'wrong').kills.length, 1);
  assert.equal(serving().probe('wrong', 'wrong', 'ok').kills.length, 0);
});

test('I1 no kill follows while an outcome is at hand, nor on evidence that is old', () => {
  const quick = { ...POLICY, idlePatienceMs: 0 };
  const story = serving(quick).look({ startLimit: { burst: 1, intervalMs: 10_000 } });
  story.probe('timeout', 'timeout', 'timeout').look({ startLimit: { burst: 5, intervalMs: 10_000 } });
  assert.equal(story.kills.length, 1, 'withheld for the start limit only');
  const held = serving(quick).look({ startLimit: { burst: 1, intervalMs: 10_000 } });
  held.probe('timeout', 'timeout', 'timeout');
  const roomy = { ...held.unit, startLimit: { burst: 5, intervalMs: 10_000 } };
  held.see({ type: 'unit', unit: roomy, noKill: 'at-hand' });
  assert.equal(held.kills.length, 0);
  held.after(POLICY.deadlineMaxMs + POLICY.intervalMs + 60_000).look(roomy);
  assert.equal(held.kills.length, 0, 'nobody probed it since');
});

test('a look that was taken in late is judged by when it was read: no idleness is seen in our own standing still', () => {
  const story = serving();
  const main = story.unit.processes[0] as UnitSnapshot['processes'][0];
  const seen = (cpuMs: number) => story.look({ processes: [{ ...main, cpuMs }], readAtMs: story.nowMs });
  for (let second = 1; second <= 5; second++) seen(1_000 * second).probe('timeout');
  const readAtMs = story.after(1_000).nowMs;
  story
    .after(9_000)
    .look({ processes: [{ ...main, cpuMs: 6_000 }], readAtMs })
    .probe('timeout');
  assert.equal(story.state.verdict.kind, 'busy');
});

test('behind 429 only what was refused since a process was lost speaks for a kill', () => {
  const main = unitOf(1).processes[0] as UnitSnapshot['processes'][0];
  const crew = [main, { ...main, pid: 201, main: false }, { ...main, pid: 202, main: false }];
  const story = serving().look({ processes: crew }).probe('ok', 'ok');
  const full = Array<'busy'>(40).fill('busy');
  story.probe(...full).look({ processes: crew.slice(0, 2) });
  assert.equal(story.kills.length, 0, 'a worker that is replaced in a rush');
  story.look({ processes: crew }).probe(...full);
  assert.equal(story.kills.length, 0);
  story.look({ processes: crew.slice(0, 2) }).probe(...full);
  assert.equal(story.kills.length, 1);
});

test('I2 nothing is killed within the grace, nor after it while its start moves', () => {
  const story = new Story().look();
  for (let at = 0; at < 60_000; at += 1_000) {
    const main = { ...unitOf(1).processes[0], cpuMs: at } as UnitSnapshot['processes'][0];
    story
      .after(1_000)
      .look({ processes: [main] })
      .probe('refused');
  }
  assert.equal(story.kills.length, 0);
  assert.equal(story.state.verdict.kind, 'loading');
  for (let at = 0; at < 10; at++) story.probe('refused');
  assert.equal(story.kills.length, 1);
  assert.match(story.kills[0]?.reason ?? '', /^stuck-loading/);
});

test('the usual load time is learnt from the starts that were seen, and said', () => {
  const story = serving().hang().revive(2).after(20_000).probe('ok', 'ok');
  story.look({ ...unitOf(3), phase: 'active' }).probe('refused');
  assert.match(story.state.verdict.sentence, /^loading: for 1\.0 s, usually 21\.0 s/);
});

test('I2 I6 time in which nobody looked is no standing still', () => {
  const story = new Story().look().probe('refused');
  story.after(600_000).see({ type: 'daemon-started', bootId: 'boot-1' });
  assert.equal(story.state.verdict.kind, 'loading');
  assert.equal(story.state.incident, null);
});

test('I3 the budget of the window holds, and what is withheld is told', () => {
  const story = serving({ ...POLICY, killsMax: 1 })
    .hang()
    .revive(2)
    .probe('ok', 'ok');
  assert.equal(story.state.incident, null);
  story.after(60_000).look();
  for (let i = 0; i < 40; i++) story.probe('timeout');
  assert.equal(story.kills.length, 1);
  assert.ok(story.pages.includes('escalated'));
  story.after(POLICY.slowMs);
  for (let i = 0; i < 25; i++) story.probe('timeout');
  assert.equal(story.kills.length, 2, 'and it is never given up for good (I8)');
});

test('I3 one start of headroom stays under the start limit, by the observed starts', () => {
  const story = serving({ ...POLICY, idlePatienceMs: 0 });
  const starts = [1, 2, 3, 4].map((ago) => story.nowMs - ago);
  story.look({ recentStartsAtMs: starts, startLimit: { burst: 5, intervalMs: 600_000 } });
  assert.equal(story.probe('timeout', 'timeout', 'timeout').kills.length, 0);
  assert.equal(story.state.withheld, 'headroom');
  story.look({ recentStartsAtMs: starts.slice(0, 3) });
  assert.equal(story.kills.length, 1);
});

test('I3 the one kill of a drill leaves the budget as it was, and never the start limit', () => {
  const policy = { ...POLICY, killsMax: 1, idlePatienceMs: 0 };
  const mark = { drillId: 'd', fault: 'wedge', permitKill: true, untilMs: Number.MAX_SAFE_INTEGER };
  const story = serving(policy).see({ type: 'drill-begun', drill: mark });
  const hang = () => story.probe('timeout', 'timeout', 'timeout').kills.length;
  assert.equal(hang(), 1);
  assert.deepEqual([story.state.kills.length, story.state.series], [0, 0]);
  story.revive(2).probe('ok', 'ok');
  assert.equal(hang(), 2, 'the budget pays for the second');
  story.revive(3).probe('ok', 'ok');
  assert.equal(hang(), 2);
  assert.equal(story.state.withheld, 'budget');
  story.see({ type: 'drill-begun', drill: mark });
  assert.equal(hang(), 3, 'a spent budget does not stop the next drill');
  const full = serving(policy).look({ startLimit: { burst: 1, intervalMs: 10_000 } });
  full.see({ type: 'drill-begun', drill: mark });
  assert.equal(full.probe('timeout', 'timeout', 'timeout').kills.length, 0);
});

test('I3 nothing is killed while a stranger owns the port, and its answers are not ours', () => {
  const story = serving().look({ portOwner: { who: 'foreign', text: 'pid 9' } });
  story.probe('error', 'error', 'error', 'error', 'ok', 'ok', 'ok');
  assert.equal(story.kills.length, 0);
  assert.equal(story.state.verdict.kind, 'masked');
  story.look({ portOwner: { who: 'unit', text: '' } });
  assert.notEqual(story.state.incident, null, 'what the stranger answered resolves nothing');
  assert.equal(story.probe('ok', 'ok').state.incident, null);
});

test('an orphan that answers on the port masks the service: it is cleared, and nobody is woken', () => {
  const orphan = { ...unitOf(1).processes[0], main: false } as UnitSnapshot['processes'][0];
  const story = serving().look({ incarnation: null, processes: [], phase: 'auto-restart' });
  const masked = { leftovers: [orphan], portOwner: { who: 'leftover' as const, text: 'pid 101' } };
  story.look({ ...unitOf(2), ...masked }).probe('ok', 'ok');
  assert.equal(story.state.verdict.kind, 'masked');
  story.after(POLICY.leftoverGraceMs).look();
  assert.deepEqual(
    story.kills.map(({ what, targets }) => [what, targets.map(({ pid }) => pid)]),
    [['leftovers', [101]]],
  );
  assert.ok(!story.pages.includes('escalated'));
});

test('I4 one incarnation is killed once, whatever is seen afterwards', () => {
  const story = serving().hang();
  assert.equal(story.kills.length, 1);
  story.probe('timeout', 'timeout');
  const intentId = story.kills[0]?.id ?? '';
  story.see({ type: 'killed', intentId, outcome: 'still-there', remaining: [], detail: 'D' });
  assert.equal(story.probe('timeout', 'timeout', 'timeout', 'timeout').kills.length, 1);
  assert.equal(story.state.verdict.kind, 'unkillable');
  assert.ok(story.pages.includes('escalated'));
});

test('I4 leftovers of a crash are cleared once, after their grace, and never the running one', () => {
  const story = serving();
  const left = { ...(unitOf(1).processes[0] as UnitSnapshot['processes'][0]), pid: 77, main: false };
  story.look({ ...unitOf(1), phase: 'deactivating', incarnation: null, processes: [], leftovers: [left] });
  assert.equal(story.kills.length, 0);
  story.after(POLICY.leftoverGraceMs).look({ ...unitOf(2), leftovers: [left] });
  assert.deepEqual(story.kills[0]?.targets, [{ pid: 77, startTicks: left.startTicks }]);
  story.see({
    type: 'killed',
    intentId: story.kills[0]?.id ?? '',
    outcome: 'killed',
    remaining: [],
    detail: '',
  });
  assert.equal(story.after(60_000).look().kills.length, 1);
});

test('I5 the intent comes in one decision with its incident; paused or watching, none comes', () => {
  const { kills, told } = serving().hang();
  assert.equal(told.filter(({ id }) => id === kills[0]?.incidentId).length, 1);
  assert.equal(serving().operator('pause').hang().kills.length, 0);
  const watching = serving()
    .look({ fingerprint: { Restart: 'on-failure' } })
    .hang();
  assert.equal(watching.kills.length, 0);
  assert.equal(watching.state.withheld, 'watch-only');
});

test('I5 resume begins the evidence anew', () => {
  const story = serving({ ...POLICY, idlePatienceMs: 0 })
    .operator('pause')
    .probe('timeout', 'timeout');
  assert.equal(story.operator('resume').probe('timeout', 'timeout').kills.length, 0);
  assert.equal(story.probe('timeout').kills.length, 1);
});

test('I6 what could not be seen, and what was our own fault, never counts', () => {
  for (const reason of ['blind', 'busy', 'misconfigured', 'drift'] as const) {
    const story = serving();
    for (let i = 0; i < 50; i++) story.probe(reason);
    assert.equal(story.kills.length, 0, reason);
    assert.equal(story.state.life?.failures, 0, reason);
  }
  const blind = serving({ ...POLICY, idlePatienceMs: 0 }).probe('timeout', 'timeout');
  const outcome = { reason: 'timeout' as const, detail: '', tookMs: 5, status: null, cheap: [] };
  blind.after(60_000).see({ type: 'unit-unknown', why: 'systemctl timed out' });
  blind.see({ type: 'probe', incarnation: incarnationOf(1), startedAtMs: blind.nowMs, outcome });
  assert.equal(blind.kills.length, 0, 'the unit was last seen a minute ago');
});

test('I7 I8 one incident, resolved by successThreshold right answers after it opened, or escalated', () => {
  const story = serving().hang();
  const id = story.state.incident?.id;
  story.revive(2).probe('ok');
  assert.equal(story.state.incident?.id, id);
  story.probe('ok');
  assert.equal(story.state.incident, null);
  assert.deepEqual(story.pages, ['opened', 'resolved']);
  const left = serving().probe('misconfigured');
  left.probe('ok');
  assert.notEqual(left.state.incident, null, 'right answers from before the loss do not count');
});

test('I8 an incident that lasts is handed over once for each reason, and may still resolve', () => {
  const story = serving({ ...POLICY, idlePatienceMs: 0 });
  story.look({ revivesAfterKill: false }).probe('timeout', 'timeout', 'timeout', 'timeout');
  for (let i = 0; i < 20; i++) story.after(POLICY.escalateAfterMs / 10).probe('timeout');
  assert.deepEqual(story.state.incident?.escalations, ['not-revived', 'too-long']);
  assert.equal(story.probe('ok', 'ok').state.incident, null);
});

test('after a reboot the budget is kept by wall time, in order, even if the clock was stepped back', () => {
  const story = serving().hang().revive(2).probe('ok', 'ok');
  story.wallShiftMs -= 3_600_000;
  story.kills = [];
  story.after(60_000).hang();
  story.nowMs = 5_000;
  story.see({ type: 'daemon-started', bootId: 'boot-2' });
  const times = story.state.kills.map(({ atMs }) => atMs);
  assert.equal(times.length, 2);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  assert.ok(times.every((atMs) => atMs <= 5_000));
  assert.equal(story.state.life, null);
});

test('I10 who says twice that they are on it is told of once', () => {
  const story = serving({ ...POLICY, idlePatienceMs: 0 }).probe('timeout', 'timeout', 'timeout');
  for (const by of ['jc', 'jc', 'ann']) story.see({ type: 'operator', command: 'acknowledge', by });
  assert.equal(story.pages.filter((kind) => kind === 'acknowledged').length, 2);
});
