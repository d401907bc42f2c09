import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { predictRevival } from '../../src/host/systemd/revival.js';
import { parseUnit } from '../../src/host/systemd/unit.js';
import { eventually } from '../fixtures/host-world.js';
import { CASES, type Case, survivorsOf, unitOf, unitText } from './cases.js';
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
    const verdicts = lines.map((line) => JSON.parse(line) as Verdict);
    assert.equal(verdicts.length, CASES.length);
    // As the guard kills: then what doctor says, and its exit code, is held against what happened too.
    const leavesNone = new Set(
      CASES.filter((entry) => survivorsOf(entry) === 'none').map(({ name }) => name),
    );
    for (const verdict of verdicts) {
      await t.test(`${verdict.name}: ${verdict.because}`, () => {
        const predicted = verdict.predicted ? 'revived' : 'stayed down';
        assert.equal(verdict.happened, predicted, `after ${verdict.afterMs} ms: ${verdict.end}`);
        if (leavesNone.has(verdict.name)) assert.equal(verdict.sound, verdict.predicted, 'so doctor said');
      });
    }
    // A table in which everything, or nothing, comes back would prove little.
    const revived = verdicts.filter((verdict) => verdict.happened === 'revived').length;
    assert.ok(revived >= 15 && CASES.length - revived >= 15, `${revived} of ${CASES.length} came back`);
  });
}

/** Ends the box: the last test of all. */
export function lastTest(box: () => Box): void {
  test('FailureAction= ends the machine at a SIGKILL, whatever Restart= says', async () => {
    const unit = 'last.service';
    const service = ['User=jc', 'ExecStart=/bin/sleep infinity', 'Restart=always', 'RestartSec=60'];
    const text = ['[Unit]', 'FailureAction=poweroff-force', '[Service]', ...service, ''].join('\n');
    box().write(`/etc/systemd/system/${unit}`, text);
    const start = ['systemctl', 'start', unit];
    assert.equal((await box().asRoot(start)).code, 0);
    const shown = await box().asUser(['systemctl', 'show', unit]);
    assert.equal(predictRevival(parseUnit(shown.stdout).settings).revives, false);
    const kill = 'sleep 1; kill -9 $(systemctl show --property=MainPID --value last.service)';
    await box().asUser(['/bin/sh', '-c', kill]);
    await eventually('systemd going down', async () => {
      const { code, stdout } = await box().asRoot(['cat', '/proc/1/comm']);
      // It may be over between two looks: then nothing can be run inside any more.
      return stdout.startsWith('systemd-shut') || code !== 0;
    });
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
