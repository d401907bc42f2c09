// The dashboard over a record with so many events, as the guard would have written them; says its address and serves.
//   node serve.mjs RECORD EVENTS
const DIST = new URL('../../packages/ninelives/dist/', import.meta.url);
const load = (path) => import(new URL(path, DIST));
const { openRecord } = await load('src/record/sqlite.js');
const { stageDashboard } = await load('test/dashboard/stage.js');
const { decision, incident } = await load('test/record/rows.js');

const [file, count] = [process.argv[2], Number(process.argv[3])];
const NAME = 'svc';
const HOUR_MS = 3_600_000;
const OF_INCIDENT = 100;
const record = openRecord(file);
fill();
const stage = await stageDashboard(record, { token: null });
process.send({ url: `${stage.url}/` });

/** Incidents over 72 hours, a hundred events each, and every minute looked at, so that the page has all of it to show. */
function fill() {
  const nowMs = Date.now();
  const fromMs = nowMs - 72 * HOUR_MS;
  if (count === 0) return record.commit(NAME, decision(NAME, 1), { notifiers: [], wallMs: nowMs });
  for (let wallMs = fromMs; wallMs < nowMs; wallMs += 60_000) {
    const sample = { wallMs, reason: 'ok', tookMs: 20 };
    record.commit(NAME, decision(NAME, 1, { sample }), { notifiers: [], wallMs });
  }
  const incidents = Math.ceil(count / OF_INCIDENT);
  for (let at = 0; at < incidents; at += 1) {
    const wallMs = fromMs + (at / incidents) * 72 * HOUR_MS;
    const id = `svc-incident-${at}`;
    const events = Array.from({ length: OF_INCIDENT }, (_, n) => ({
      ...{ atMs: wallMs + n * 100, wallMs: wallMs + n * 100, incarnation: null },
      ...{
        type: n % 2 ? 'probe-failed' : 'verdict',
        incidentId: n < 3 ? null : id,
        text: `no answer within 2.0 s, ${n}`,
      },
      data: { reason: 'timeout', cheap: [{ path: '/health', status: 200, tookMs: 2 }] },
    }));
    const times = {
      openedAtMs: wallMs + 300,
      openedWallMs: wallMs + 300,
      firstFailureAtMs: wallMs,
      firstFailureWallMs: wallMs,
    };
    const ends = {
      status: 'resolved',
      servingAtMs: wallMs + 9_000,
      resolvedAtMs: wallMs + 9_900,
      resolvedWallMs: wallMs + 9_900,
    };
    const story = incident(NAME, id, { ...times, ...ends, kills: 1 });
    record.commit(NAME, decision(NAME, 1, { events, incidents: [story] }), { notifiers: [], wallMs });
  }
}
