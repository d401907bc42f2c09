import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DrillReport, TimelineRow } from '../../drill/report.js';
import { answer, ask, clientsLine, closingLine, createStage, takeNews, tick, viewOf } from './stage.js';
import { demoLines, type Line, wrap } from './view.js';

const row = (type: TimelineRow['type'], atMs: number, sinceMs: number | null, text: string) =>
  ({
    type: 'row',
    row: { type, atMs, wallMs: Date.UTC(2026, 10, 23, 0, 29, 30) + atMs, sinceMs, text },
  }) as const;

const plain = (lines: readonly Line[]) =>
  lines.map((line) =>
    line
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );

/** The moment that the demo is about: /health says 200, the question waits. */
function frozenStage() {
  const stage = createStage(0);
  stage.url = 'http://127.0.0.1:4242';
  stage.act = 'well';
  for (const question of [stage.health, stage.work, stage.held]) {
    ask(question, 900);
    answer(question, true, '200 in 1 ms');
  }
  tick(stage, 1_000);
  takeNews(stage, row('injected', 1_000, null, 'SIGSTOP to 4718'));
  ask(stage.work, 1_100);
  ask(stage.held, 1_100);
  tick(stage, 1_200);
  tick(stage, 2_000);
  takeNews(
    stage,
    row(
      'probe-failed',
      3_100,
      2_100,
      'first probe without an answer: no answer within 2.0 s; meanwhile /health said 200 in 1 ms',
    ),
  );
  return stage;
}

test('side by side: 200 at once on the left, questions that wait beside it', () => {
  const lines = plain(demoLines(viewOf(frozenStage(), 5_100), { columns: 90, rows: 40 }));
  const text = lines.join('\n');
  assert.match(text, /ninelives demo · http:\/\/127\.0\.0\.1:4242 +5 s/);
  assert.match(text, /■ 200 in 1 ms +□ waiting 4\.0 s … +□ waiting 4\.0 s …/);
  assert.match(text, /^ {2}■■■ +■■□ +■■□$/m, 'the strips: three good cells, and two with one that waits');
  assert.match(text, /1 asked, 1 said 200 +1 asked, 1 answered +1 asked, 1 answered/);
  assert.match(text, /The engine is frozen now: SIGSTOP to 4718\./);
  assert.match(text, /injected at 00:29:31Z {2}SIGSTOP to 4718/);
  assert.match(text, /\[2\.1s\] first probe without an answer/);
});

test('no picture is wider or higher than its terminal', () => {
  const stage = frozenStage();
  for (const columns of [20, 40, 55, 56, 57, 80, 104, 200]) {
    for (const rows of [5, 12, 24, 60]) {
      const lines = plain(demoLines(viewOf(stage, 5_100), { columns, rows }));
      assert.ok(lines.length < rows, `${lines.length} lines on ${rows} rows`);
      const widest = Math.max(...lines.map((line) => line.length));
      assert.ok(widest < columns, `${widest} characters in ${columns} columns`);
    }
  }
});

test('a narrow terminal gets the columns one below the other', () => {
  const lines = plain(demoLines(viewOf(frozenStage(), 5_100), { columns: 44, rows: 40 }));
  const health = lines.findIndex((line) => line.includes('■ 200 in 1 ms'));
  const work = lines.findIndex((line) => line.includes('□ waiting 4.0 s'));
  assert.ok(health > 0 && work > health);
});

test('on a low terminal the newest of the story stays', () => {
  const stage = frozenStage();
  for (let n = 0; n < 30; n += 1) takeNews(stage, row('ended', 4_000 + n, n, `line ${n}`));
  const text = plain(demoLines(viewOf(stage, 5_100), { columns: 90, rows: 20 })).join('\n');
  assert.match(text, /line 29/);
  assert.doesNotMatch(text, /line 0\b/);
});

test('a lost answer is marked until the next one is there', () => {
  const stage = frozenStage();
  answer(stage.work, false, 'connection lost');
  takeNews(stage, row('kill', 9_000, null, 'SIGKILL to pid 4711 and 1 more'));
  const killed = plain(demoLines(viewOf(stage, 9_100), { columns: 90, rows: 40 })).join('\n');
  assert.match(killed, /× connection lost/);
  assert.match(killed, /2 asked, 1 failed +1 asked, 1 answered/, 'beside it the gateway still holds its own');
  assert.match(killed, /Killed by its own user/);
  ask(stage.work, 9_600);
  answer(stage.work, true, 'right answer in 12 ms');
  takeNews(stage, row('serving', 9_700, 700, 'model loaded, serving'));
  const back = plain(demoLines(viewOf(stage, 9_800), { columns: 90, rows: 40 })).join('\n');
  assert.match(back, /■ right answer in 12 ms/);
  assert.match(back, /Real work again/);
});

test('the last line counts what clients saw, with the gateway and without', () => {
  const stage = frozenStage();
  answer(stage.work, false, 'connection lost');
  assert.equal(
    clientsLine(stage),
    '0 of 1 calls failed through the gateway; without it 1 of 2 failed',
    'a question under way is neither answered nor failed',
  );
  answer(stage.held, true, 'right answer in 5.9 s');
  assert.match(clientsLine(stage), /^0 of 2 calls failed/);
});

test('wrap breaks at spaces, indents, and cuts what can not be broken', () => {
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrap('[2.1s] one two three', 10, 7), ['[2.1s] one', '       two', '       thr']);
  assert.deepEqual(wrap('', 10), ['']);
});

test('the closing sentence claims 200 all the while only when it was so', () => {
  const report = (statuses: { [status: string]: number }, silent: number) =>
    ({
      passed: true,
      why: [],
      interrupted: false,
      restored: true,
      oldPid: 4711,
      times: { detectMs: 8_100, killMs: 8_100, restartMs: 200, serveMs: 500, outageMs: 8_600 },
      cheap: [{ path: '/health', asked: 41, statuses, silent, slowestMs: 3 }],
    }) as unknown as DrillReport;
  assert.equal(
    closingLine(report({ '200': 41 }, 0)),
    '/health said 200 all the while (41 times); real work was back after 8.6 s; killed: pid 4711; nothing needed root.',
  );
  assert.match(closingLine(report({ '200': 40 }, 1)), /^\/health 200 × 40, silent × 1 \(slowest 3 ms\);/);
  assert.equal(
    closingLine({ ...report({ '200': 41 }, 0), interrupted: true, passed: false }),
    'Stopped early; everything is put back.',
  );
});
