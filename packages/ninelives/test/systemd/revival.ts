import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CASES, type Case, unitOf, unitText } from './cases.js';
import type { Box } from './harness/box.js';
import { NODE } from './harness/box.js';
import type { Ran } from './harness/inside.js';
import type { Verdict } from './inside/revival.js';
import { INSIDE } from './inside-run.js';

/** The prediction against what systemd really does, for a table of unit files, all at once. */
export function revivalTests(box: () => Box): void {
  test('what SIGKILL leads to is predicted from the unit alone', async (t) => {
    await install(box(), CASES);
    const { code, stdout, stderr } = await box().asUser([NODE, `${INSIDE}/revival.js`]);
    assert.equal(code, 0, stderr);
    const lines = stdout.trim().split('\n');
    const verdicts = lines.map((line) => JSON.parse(line) as Verdict & { error?: string });
    assert.equal(verdicts.length, CASES.length);
    for (const verdict of verdicts) {
      await t.test(`${verdict.name}: ${verdict.because}`, () => {
        assert.equal(verdict.error, undefined);
        const predicted = verdict.predicted ? 'revived' : 'stayed down';
        assert.equal(verdict.happened, predicted, `after ${verdict.afterMs} ms: ${verdict.end}`);
      });
    }
    // A table in which everything, or nothing, comes back would prove little.
    const revived = verdicts.filter((verdict) => verdict.happened === 'revived').length;
    assert.ok(revived >= 15 && CASES.length - revived >= 15, `${revived} of ${CASES.length} came back`);
  });
}

/** Starts every case. Those that something is done to come first: a daemon-reload empties systemd's start counters. */
async function install(box: Box, cases: Case[]): Promise<void> {
  for (const entry of cases) {
    const folder = entry.manager === 'user' ? '/home/jc/.config/systemd/user' : '/etc/systemd/system';
    box.write(`${folder}/${unitOf(entry)}`, unitText(entry));
  }
  const done = async (ran: Promise<Ran>) => {
    const { code, stderr } = await ran;
    assert.equal(code, 0, stderr);
  };
  const names = (wanted: (entry: Case) => boolean) => cases.filter(wanted).map(unitOf);
  await done(box.asRoot(['systemctl', 'daemon-reload']));
  await done(box.asUser(['systemctl', '--user', 'daemon-reload']));
  await done(box.asRoot(['systemctl', 'start', ...names((entry) => entry.afterwards !== undefined)]));
  for (const entry of cases) {
    if (!entry.afterwards) continue;
    await done(box.asRoot(['/bin/sh', '-c', entry.afterwards.replaceAll('UNIT', unitOf(entry))]));
  }
  const plain = (entry: Case) => entry.afterwards === undefined;
  await done(box.asUser(['systemctl', '--user', 'start', ...names((entry) => entry.manager === 'user')]));
  await done(
    box.asRoot(['systemctl', 'start', ...names((entry) => plain(entry) && entry.manager !== 'user')]),
  );
  // Workers are forked a moment after systemd calls a simple service active.
  await sleep(1_000);
}
