// What some tests need from the machine. Where it is missing they are left out, and one line says so; under CI
// that is a failure, because a suite that quietly shrinks is worse than a red one.

import { existsSync } from 'node:fs';
import { ensureChromium, ensurePrometheus } from '../packages/ninelives/test/dashboard/needs.mjs';
import { ensureSiteNeeds } from '../packages/ninelives/test/site/needs.mjs';
import { ensureSystemdNeeds } from '../packages/ninelives/test/systemd/needs.mjs';
import { ensureSshd } from '../packages/ninelives/test/watch/needs.mjs';
import { stage } from './say.mjs';

/** `tests` matches source paths; `missing` returns why they can't run here, or null. */
const NEEDS = [
  {
    what: 'Linux with /proc',
    tests: /^packages\/\w+\/(src|test)\/(host|daemon|drill|cli|e2e)\//,
    missing: () => (existsSync('/proc/self/stat') ? null : `this is ${process.platform}`),
  },
  {
    what: 'a real systemd',
    tests: /^packages\/\w+\/test\/(systemd\/|dashboard\/browser-unit)/,
    missing: ensureSystemdNeeds, // as root on Debian it installs what is missing
  },
  {
    what: 'a real sshd',
    tests: /^packages\/\w+\/test\/watch\/tunnel/,
    missing: ensureSshd,
  },
  {
    what: 'four machines in namespaces',
    tests: /^packages\/\w+\/test\/site\//,
    missing: ensureSiteNeeds,
  },
  {
    what: 'a real Chromium',
    tests: /^packages\/\w+\/test\/dashboard\/browser/,
    missing: ensureChromium,
  },
  {
    what: 'a real Prometheus',
    tests: /^packages\/\w+\/test\/dashboard\/prometheus/,
    missing: ensurePrometheus,
  },
];

/** Split test files into those that can run here and the reasons why the others can't. */
export async function sortByNeeds(files) {
  const skipped = [];
  let canRun = files;
  for (const { what, tests, missing } of NEEDS) {
    const concerned = canRun.filter((file) => tests.test(file));
    if (concerned.length === 0) continue;
    let why = null;
    await stage(`looking for ${what}`, () => {
      why = missing();
    });
    if (why === null) continue;
    skipped.push(`skipped ${concerned.length} test files: they need ${what}; ${why}`);
    canRun = canRun.filter((file) => !tests.test(file));
  }
  return { canRun, skipped };
}
