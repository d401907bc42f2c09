// A month in one process: the production core, record and retention, a probe every ten seconds, a hang every hour, and a
// dashboard that somebody looks at. Time is virtual; memory and the file are real.
//   node month.mjs RECORD DAYS
import { statSync } from 'node:fs';

const DIST = new URL('../../packages/ninelives/dist/', import.meta.url);
const load = (path) => import(new URL(path, DIST));
const { openRecord } = await load('src/record/sqlite.js');
const { dashboardView, incidentsView } = await load('src/dashboard/model.js');
const { createRecent } = await load('src/dashboard/recent.js');
const { reportOf } = await load('src/report/report.js');
const { freshTally, tallyEvent, tallyState } = await load('src/metrics/tally.js');
const { DEFAULT_RETENTION_MS } = await load('src/config/defaults.js');
const { Story } = await load('test/fixtures/core-story.js');

const [file, days] = [process.argv[2], Number(process.argv[3])];
const [DAY_MS, HOUR_MS, EVERY_MS] = [86_400_000, 3_600_000, 10_000];
const WALL_MS = 1_767_225_600_000;
const record = openRecord(file);
const recent = createRecent();
const tally = freshTally();
const story = new Story();
let [events, life, before] = [0, 1, null];

function take() {
  const { decision, state } = story;
  const wallMs = WALL_MS + story.nowMs;
  record.commit('model', decision, { notifiers: [], wallMs });
  for (const event of decision.events) tallyEvent(tally, event, false);
  tallyState(tally, before, state, wallMs);
  recent.probed('model', { wallMs, passed: 1, failed: 0, unknown: 0, tookSumMs: 20, tookMaxMs: 20 });
  events += decision.events.length;
  before = state;
}

function probe(reason) {
  story.after(EVERY_MS - 1_000).probe(reason);
  take();
}

function hang() {
  const kills = story.kills.length;
  for (let waited = 0; waited < 120_000 && story.kills.length === kills; waited += EVERY_MS) probe('timeout');
  if (story.state.intent) {
    life += 1;
    story.revive(life);
    take();
  }
}

for (let day = 1; day <= days; day += 1) {
  for (let hour = 0; hour < 24; hour += 1) {
    const until = story.nowMs + HOUR_MS;
    hang();
    while (story.nowMs < until) probe('ok');
    const nowWallMs = WALL_MS + story.nowMs;
    record.retain(nowWallMs - DEFAULT_RETENTION_MS);
    dashboardView(record, { nowWallMs, gateway: () => null, actions: true });
    incidentsView(record, 'model', nowWallMs, {});
  }
  reportOf(record, { sinceMs: 3 * DAY_MS, nowWallMs: WALL_MS + story.nowMs });
  globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const kept = { state: JSON.stringify(story.state).length, recent: recent.of('model').probes.length };
  const sizes = { rss, heapUsed, file: statSync(file).size, events, kills: story.kills.length, ...kept };
  // What the fixture itself remembers of its story is no part of the guard.
  story.pages = [];
  story.told = [];
  process.send({ day, ...sizes });
}
record.close();
process.disconnect();
