import { after, before, describe } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Box, bootBox } from './harness/box.js';
import { hireAdmin, testsInside } from './inside-run.js';
import { lastTest, revivalTests } from './revival.js';

// One box for all: this file is the only one that boots it.
const needs = fileURLToPath(new URL('../../../test/systemd/needs.mjs', import.meta.url));
const { ensureSystemdNeeds } = (await import(needs)) as { ensureSystemdNeeds(): string | null };
const lacks = ensureSystemdNeeds();
if (lacks && process.env.CI) throw new Error(`under CI nothing may be skipped; real systemd: ${lacks}`);

describe('on a real systemd', { skip: lacks ?? false }, () => {
  let box: Box | undefined;
  before(async () => {
    box = await bootBox();
    await hireAdmin(box);
  });
  after(() => box?.down());
  const theBox = () => {
    if (!box) throw new Error('the box was not booted');
    return box;
  };
  testsInside(theBox, 'units of systemd keep the contract of a supervisor', 'contract.js');
  testsInside(theBox, 'what only systemd can show', 'looks.js');
  testsInside(theBox, 'the guard heals a unit, without root', 'guard.js');
  testsInside(theBox, 'what init finds, and what is kept before a kill', 'discover.js');
  // Long, and mostly waiting.
  describe('side by side', { concurrency: true }, () => {
    testsInside(theBox, 'passes from cron', 'cron.js');
    // Two at a time: each starts a dozen guards, and what is guarded is given seconds.
    describe('meanwhile', { concurrency: 2 }, () => {
      // One guard an account: these take turns.
      describe('installed', { concurrency: 1 }, () => {
        testsInside(theBox, 'the guard as a user unit', 'install.js');
        testsInside(theBox, 'the gateway as a unit', 'gateway.js');
        testsInside(theBox, 'the outer layer as a user unit', 'install-watch.js');
      });
      testsInside(theBox, 'drills on units', 'drills.js');
      testsInside(theBox, 'fault by unit, each ending as DESIGN.md says', 'matrix.js');
    });
  });
  revivalTests(theBox);
  lastTest(theBox);
});
