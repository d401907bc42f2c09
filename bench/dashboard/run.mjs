#!/usr/bin/env node
// What the dashboard weighs: the size of the page, the time until a real Chromium on loopback has painted it with an empty record
// and with 100,000 events in it, and what the guard's memory is after a simulated month.
//   node bench/dashboard/run.mjs [--events 100000] [--rounds 9] [--days 30] [--out docs/bench/dashboard.md]
// Needs the compiled tests (npm run check) and a Chromium (CHROMIUM=PATH, or Debian's).
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { pageOf } from './page.mjs';
import { measurePaint } from './paint.mjs';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '9' },
    days: { type: 'string', default: '30' },
    out: { type: 'string' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const dist = join(root, 'packages', 'ninelives', 'dist');
if (!existsSync(join(dist, 'test', 'fixtures', 'core-story.js'))) {
  console.error('bench: the tests are not built\n  next: npm run check');
  process.exit(3);
}
const { pageFiles } = await import(join(dist, 'src', 'dashboard', 'http', 'files.js'));
const folder = mkdtempSync(join(tmpdir(), 'ninelives-bench-dashboard-'));
const startedMs = performance.now();
const load = [loadavg()[0]];
try {
  const files = [...pageFiles().values()];
  const sum = (of) => files.reduce((total, file) => total + of(file), 0);
  const size = {
    files: files.length,
    bytes: sum(({ body }) => body.length),
    zipped: sum(({ gzipped }) => gzipped.length),
  };
  const servers = [];
  for (const events of [0, Number(values.events)]) {
    const child = fork(new URL('./serve.mjs', import.meta.url), [
      join(folder, `${events}.db`),
      String(events),
    ]);
    const [{ url }] = await once(child, 'message');
    servers.push({ events, url, child });
  }
  const paint = await measurePaint(servers, Number(values.rounds));
  for (const { child } of servers) child.kill('SIGKILL');
  const month = fork(new URL('./month.mjs', import.meta.url), [join(folder, 'month.db'), values.days]);
  const days = [];
  month.on('message', (day) => days.push(day));
  await once(month, 'exit');
  load.push(loadavg()[0]);
  const text = pageOf({ root, values, size, paint, days, load, ranMs: performance.now() - startedMs });
  if (values.out) writeFileSync(values.out, text);
  else console.log(text);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
