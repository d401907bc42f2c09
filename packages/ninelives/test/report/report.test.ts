import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { writeStatusPage } from '../../src/cli/commands/status-page.js';
import { memoryRecord } from '../../src/record/memory.js';
import { reportHtml } from '../../src/report/html/report.js';
import { type ReportOptions, reportOf } from '../../src/report/report.js';
import { covered } from '../../src/report/spans.js';
import { reportText } from '../../src/report/text.js';
import { duration, percent } from '../../src/report/words.js';
import { HOUR, MINUTE, NOW, SERVICE, writeWeekend } from './weekend.js';

const OPTIONS: ReportOptions = {
  sinceMs: 72 * HOUR,
  nowWallMs: NOW,
};

function weekend() {
  const record = memoryRecord();
  writeWeekend(record, {
    sinceMs: 40 * HOUR,
    gaps: [[NOW - 20 * HOUR, NOW - 19 * HOUR]],
    losses: [
      { fromWallMs: NOW - 30 * HOUR, lostMs: 10 * MINUTE },
      { fromWallMs: NOW - 25 * HOUR, lostMs: 2 * MINUTE, drill: true },
      // Half of it in the gap: what nobody saw is left out of what was lost, and of what was watched.
      { fromWallMs: NOW - 20 * HOUR - 5 * MINUTE, lostMs: 10 * MINUTE },
    ],
  });
  return reportOf(record, OPTIONS);
}

describe('the report', () => {
  it('agrees with what was written, drills and blind time apart', () => {
    const [service] = weekend().services;
    assert.ok(service);
    const { availability, repair, watching, kills } = service;
    assert.equal(availability.watchedMs, 39 * HOUR);
    assert.equal(availability.lostMs, 15 * MINUTE);
    assert.equal(availability.drillLostMs, 2 * MINUTE);
    assert.equal(availability.ratio, 1 - 15 / (39 * 60));
    assert.deepEqual(watching.gaps, [{ fromWallMs: NOW - 20 * HOUR, toWallMs: NOW - 19 * HOUR }]);
    assert.equal(watching.ratio, 39 / 40);
    assert.equal(availability.probes.failed, 10 + 2 + 6);
    assert.equal(availability.probes.passed + availability.probes.failed, 40 * 60 + 1 - 59);
    assert.deepEqual(availability.latency, { meanMs: 20, maxMs: 20 });
    assert.deepEqual(repair.incidents, {
      count: 2,
      mttdMs: 5_000,
      mttrMs: 10 * MINUTE,
      worstMs: 10 * MINUTE,
    });
    assert.deepEqual(repair.drills, { count: 1, mttdMs: 5_000, mttrMs: 2 * MINUTE, worstMs: 2 * MINUTE });
    assert.deepEqual(
      kills.map(({ drill, outcome }) => [drill, outcome]),
      [false, true, false].map((drill) => [drill, 'gone after 30 ms']),
    );
  });

  it('tells each incident from its first failure, with what the cheap endpoints claimed', () => {
    const [incident] = weekend().services[0]?.incidents ?? [];
    assert.deepEqual(
      incident?.timeline.map(({ afterMs, type }) => [afterMs, type]),
      [
        [0, 'probe-failed'],
        [5_000, 'incident-opened'],
        [5_000, 'kill'],
        [5_000, 'kill-outcome'],
      ],
    );
    assert.equal(incident?.timeline[0]?.text, 'no answer within 2.0 s <b> (and 2 more)');
    assert.equal(incident?.cheap, '/health said 200 in 2 ms');
  });

  it('has a strip that knows failures, incidents and blindness apart', () => {
    const strip = weekend().services[0]?.strip ?? [];
    const count = (of: (cell: (typeof strip)[0]) => boolean) => strip.filter(of).length;
    assert.equal(strip.length, 288);
    assert.equal(
      count(({ watched }) => !watched),
      32 * 4 + 3,
      '32 h before the first look, and the gap',
    );
    assert.equal(
      count(({ incident }) => incident === 'drill'),
      1,
    );
    assert.ok(count(({ incident }) => incident === 'real') >= 2);
    assert.equal(
      strip.reduce((sum, { failed }) => sum + failed, 0),
      18,
    );
  });

  it('an incident that lasts counts until now, and one that nobody watched says so', () => {
    const record = memoryRecord();
    const open = { fromWallMs: NOW - HOUR, lostMs: HOUR, open: true };
    writeWeekend(record, { sinceMs: 4 * HOUR, gaps: [], losses: [open] });
    const [service] = reportOf(record, OPTIONS).services;
    assert.equal(service?.availability.ratio, 0.75);
    assert.equal(service?.incidents[0]?.untilWallMs, null);
    const [unwatched] = reportOf(record, { ...OPTIONS, sinceMs: HOUR, nowWallMs: NOW + 9 * HOUR }).services;
    assert.equal(unwatched?.availability.ratio, null);
    assert.match(reportText(reportOf(record, OPTIONS)).join('\n'), /available by real work: 75\.00 %/);
  });

  it('as a page is one file, and a hostile name stays text', () => {
    const page = reportHtml(weekend());
    assert.ok(!page.includes(SERVICE) && page.includes('model&lt;script&gt;'));
    assert.ok(page.includes('2.0 s &lt;b&gt;'));
    assert.doesNotMatch(page, /<script|https?:|src=|@import|url\(/);
  });

  it('the public page is a file that says little, written whole or not at all', (t) => {
    const record = memoryRecord();
    writeWeekend(record, {
      sinceMs: HOUR,
      gaps: [],
      losses: [{ fromWallMs: NOW - HOUR / 2, lostMs: MINUTE }],
    });
    const folder = mkdtempSync(join(tmpdir(), 'ninelives-status-'));
    t.after(() => rmSync(folder, { recursive: true }));
    writeStatusPage(record, join(folder, 'status.html'), NOW);
    const page = readFileSync(join(folder, 'status.html'), 'utf8');
    assert.match(page, /model&lt;script&gt;.*Unknown[\s\S]*healed 1 time/);
    assert.doesNotMatch(page, /<script|https?:|src=|pid|probes? in a row|\/health|SIGKILL|incident-|boot/);
    mkdirSync(join(folder, 'taken'));
    assert.throws(() => writeStatusPage(record, join(folder, 'taken'), NOW), /can't be written/);
    assert.deepEqual(readdirSync(folder).sort(), ['status.html', 'taken']);
  });

  it('never rounds up to a hundred, and puts lengths in two units', () => {
    assert.deepEqual([1, 0.9999999, 0.98999, null].map(percent), [
      '100 %',
      '99.999 %',
      '98.99 %',
      'not measured',
    ]);
    assert.deepEqual([400, 12_000, 200_000, 7_500_000, 266_400_000].map(duration), [
      '0.4 s',
      '12 s',
      '3 min 20 s',
      '2 h 5 min',
      '3 d 2 h',
    ]);
    const spans = [
      { from: 0, to: 10 },
      { from: 5, to: 7 },
      { from: 8, to: 20 },
    ];
    assert.equal(covered(spans, { from: 2, to: 15 }), 13);
  });
});
