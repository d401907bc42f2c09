// Preloaded into every test file (--import). A file whose tests have all ended, but whose process is kept alive by a
// timer, a socket or a child that nobody closed, would hang until the suite's limit and be reported as nothing but
// "timed out". This ends it sooner and says what it was.

import { after } from 'node:test';
import { isMainThread } from 'node:worker_threads';

/** What a file gets after its last test, its own `after` hooks included. */
const END_WITHIN_MS = Number(process.env.NINELIVES_TEST_END_MS ?? 60_000);

// Set by `node --test` for the process of a test file; the tests' own children don't get the --import.
if (process.env.NODE_TEST_CONTEXT !== undefined && isMainThread) {
  after(() => {
    setTimeout(() => {
      process.stderr.write(
        `all tests of this file have ended, but it still runs ${END_WITHIN_MS / 1_000} s later; left open: ${leftOpen()}\n` +
          '  next: close it in an after hook, or unref it if nobody need wait for it\n',
      );
      process.exit(1);
    }, END_WITHIN_MS).unref();
  });
}

/** In words; Node has no public list of more than their types. */
function leftOpen() {
  const mine = [process.stdin, process.stdout, process.stderr];
  const handles = (process._getActiveHandles?.() ?? []).filter((handle) => !mine.includes(handle));
  const timers = process.getActiveResourcesInfo().filter((type) => /Timeout|Immediate/.test(type));
  const all = [...handles.map(described), ...timers];
  return all.length > 0 ? all.join(', ') : process.getActiveResourcesInfo().join(', ');
}

function described(handle) {
  const type = handle.constructor?.name ?? 'handle';
  if (handle.spawnargs) return `child process ${handle.pid} (${handle.spawnargs.join(' ').slice(0, 200)})`;
  if (handle.listening) return `${type} on ${JSON.stringify(handle.address())}`;
  if (handle.remotePort) return `${type} to ${handle.remoteAddress}:${handle.remotePort}`;
  return type;
}
