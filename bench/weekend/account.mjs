// The report's figures against four accounts that it is not made of: the record's raw rows, the log, the faults, the clients.
import { NAME } from './stage.mjs';

const CORE = new URL('../../packages/ninelives/dist/src/core/', import.meta.url);
const { RESULT_OF } = await import(new URL('types.js', CORE));
/** Two clocks and the rounding between them. */
const CLOSE_MS = 50;
/** Looks go on while this is read: one may be committed between the report and us. */
const RACE = 2;

export async function accountOf({ stage, counted, done }) {
  const total = counted.answered + counted.failed;
  // What a client has, the gateway has counted; the guard reads that once a second.
  await stage.until('every request is on record', () => {
    const rows = stage.read((record) => record.traffic(NAME, 0));
    return (
      rows.reduce((sum, row) => sum + row.answered + row.replayed + row.refused + row.clientGone, 0) >= total
    );
  });
  const report = await stage.ask('report', '--since', '72h');
  const [service] = report.services;
  const raw = stage.read((record) => ({
    samples: record.samples(NAME, 0).filter(({ wallMs }) => wallMs <= report.madeWallMs),
    incidents: record.incidents({ service: NAME }),
    events: record.events({ service: NAME, limit: 1_000_000 }),
  }));
  const log = stage.log().map((line) => JSON.parse(line));
  return {
    rows: [...clientRows(service, counted), ...storyRows(service, raw, log, done)],
    service,
    counted: told(counted),
  };
}

function clientRows({ traffic }, { answered, failed }) {
  const row = (what, report, against) => ({
    what,
    report,
    against: `${against} by the clients`,
    agrees: report === against,
  });
  return [
    row('requests answered', traffic.answered + traffic.replayed, answered),
    row('failures that a client saw', traffic.visibleFailures + traffic.clientGone, failed),
    row('requests', traffic.requests, answered + failed),
  ];
}

function storyRows({ availability, incidents, kills, watching }, raw, log, done) {
  const events = (type) => raw.events.filter((event) => event.type === type).length;
  const logged = (type) => log.filter(({ event }) => event === type).length;
  const hangs = done.filter(({ fault }) => fault !== 'crash').length;
  const row = (what, report, ...others) => ({
    what,
    report,
    against: others.map(([value, where]) => `${value} ${where}`).join(', '),
    agrees: others.every(([value]) => value === report),
  });
  const probes = (result) => raw.samples.filter(({ reason }) => RESULT_OF[reason] === result).length;
  const [right, wrong] = [probes('pass'), probes('fail')];
  const lostMs = raw.incidents.reduce((sum, one) => sum + lossOf(one), 0);
  return [
    row(
      'hangs that were killed',
      kills.length,
      [hangs, 'hangs done'],
      [events('kill'), 'kills on record'],
      [logged('kill'), 'in the log'],
    ),
    row(
      'incidents',
      incidents.length,
      [raw.incidents.length, 'on record'],
      [logged('incident-opened'), 'in the log'],
    ),
    row('incidents open', incidents.filter(({ status }) => status !== 'resolved').length, [0, 'expected']),
    row(
      'lives of the server',
      events('incarnation'),
      [done.length + 1, 'by the faults done'],
      [logged('incarnation'), 'in the log'],
    ),
    row('starts of the guard', watching.guardStarts, [1, 'started']),
    near('probes answered right', availability.probes.passed, right, 'samples on record', RACE),
    row('probes that failed', availability.probes.failed, [wrong, 'samples on record']),
    near(
      'real work lost, ms',
      Math.round(availability.lostMs + availability.drillLostMs),
      Math.round(lostMs),
      'by the raw incidents',
      CLOSE_MS,
    ),
  ];
}

function near(what, report, against, where, most) {
  return { what, report, against: `${against} ${where}`, agrees: Math.abs(report - against) <= most };
}

/** First failure to first right answer, on the monotonic clock. */
function lossOf({ firstFailureAtMs, servingAtMs, resolvedAtMs }) {
  return (servingAtMs ?? resolvedAtMs) - firstFailureAtMs;
}

function told({ answered, failed, reasons, waits }) {
  const sorted = [...waits].sort((a, b) => a - b);
  const at = (share) =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return {
    answered,
    failed,
    reasons: reasons.slice(0, 20),
    medianMs: at(0.5),
    p99Ms: at(0.99),
    longestMs: at(1),
  };
}
