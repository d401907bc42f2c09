// What some tests need from the machine. Where it is missing they are left out, and one line says so; under CI
// that is a failure, because a suite that quietly shrinks is worse than a red one.

import { existsSync } from 'node:fs';

/** `tests` matches source paths; `missing` returns why they can't run here, or null. */
const NEEDS = [
  {
    what: 'Linux with /proc',
    tests: /^packages\/\w+\/(src|test)\/(host|daemon|drill|cli)\//,
    missing: () => (existsSync('/proc/self/stat') ? null : `this is ${process.platform}`),
  },
];

/** Split test files into those that can run here and the reasons why the others can't. */
export function sortByNeeds(files) {
  const lacking = NEEDS.map((need) => ({ ...need, why: need.missing() })).filter(({ why }) => why !== null);
  const canRun = files.filter((file) => !lacking.some(({ tests }) => tests.test(file)));
  const skipped = lacking
    .map(({ what, tests, why }) => ({ count: files.filter((file) => tests.test(file)).length, what, why }))
    .filter(({ count }) => count > 0)
    .map(({ count, what, why }) => `skipped ${count} test files: they need ${what}, and ${why}`);
  return { canRun, skipped };
}
