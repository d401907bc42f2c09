import type { Report, ServiceReport, TrafficReport } from './model.js';
import { counted, duration, latency, percent, utc } from './words.js';

/** The report as a terminal shows it; the HTML says the same in the same order. */
export function reportText(report: Report): string[] {
  const lines = [`${utc(report.fromWallMs)} to ${utc(report.toWallMs)}`];
  for (const service of report.services) lines.push('', ...serviceText(service));
  if (report.pages.pending > 0) lines.push(`${counted(report.pages.pending, 'page')} not delivered yet`);
  return lines;
}

function serviceText(service: ServiceReport): string[] {
  const { availability, repair, incidents, kills, drills, watching } = service;
  const { probes } = availability;
  const judged = probes.passed + probes.failed;
  const lines = [
    `${service.name}: ${service.sentence}`,
    `  available by real work: ${percent(availability.ratio)} of ${duration(availability.watchedMs)} watched` +
      (availability.drillLostMs > 0 ? ` (${percent(availability.ratioWithDrills)} with drills)` : ''),
    `  real work: ${probes.passed.toLocaleString('en')} of ${counted(judged, 'probe')} answered right` +
      (availability.latency
        ? `, ${latency(availability.latency.meanMs)} on average, ${latency(availability.latency.maxMs)} at worst`
        : ''),
    `  clients: ${trafficText(service.traffic)}`,
    `  watching: ${watchingText(service)}`,
    `  ${timesText('incidents', repair.incidents)}`,
    `  ${timesText('drills', repair.drills)}`,
    `  power: ${service.power}; proof: ${service.proof}`,
  ];
  for (const incident of incidents) {
    const drill = incident.drill ? ` (drill ${incident.drill})` : '';
    lines.push(`  ${utc(incident.fromWallMs)} ${incident.id}${drill}, ${incident.status}:`);
    lines.push(`    ${incident.sentence}`);
    lines.push(`    real work lost for ${duration(incident.lostMs)}, ${counted(incident.kills, 'kill')}`);
    for (const { afterMs, text } of incident.timeline) lines.push(`    [${duration(afterMs)}] ${text}`);
  }
  if (kills.length > 0) lines.push(`  kills: ${kills.length}`);
  for (const { fault, passed, wallMs, inWindow } of drills) {
    lines.push(
      `  drill ${fault} ${passed ? 'passed' : 'FAILED'} ${utc(wallMs)}${inWindow ? '' : ' (before)'}`,
    );
  }
  if (watching.gaps.length > 0) lines.push('  nobody looked:');
  for (const { fromWallMs, toWallMs } of watching.gaps) {
    lines.push(`    ${utc(fromWallMs)} to ${utc(toWallMs)} (${duration(toWallMs - fromWallMs)})`);
  }
  for (const { name, status, text } of service.layers.layers)
    lines.push(`  layer ${name}: ${status}, ${text}`);
  const uncaught = service.layers.matrix.filter(({ caught }) => !caught).map(({ failure }) => failure);
  if (uncaught.length > 0) lines.push(`  noticed by nobody: ${uncaught.join('; ')}`);
  return lines;
}

export function watchingText({ watching }: Pick<ServiceReport, 'watching'>): string {
  const { ratio, firstLookWallMs, gaps, guardStarts } = watching;
  if (firstLookWallMs === null) return 'nobody looked';
  return (
    `${percent(ratio)} of the time since ${utc(firstLookWallMs)}, ${counted(gaps.length, 'gap')}, ` +
    `guard started ${counted(guardStarts, 'time')}`
  );
}

export function trafficText(traffic: TrafficReport): string {
  if (!traffic.measured) return `not measured: ${traffic.why}`;
  const { requests, visibleFailures, replayed, refused, latency: waited } = traffic;
  const waits = waited
    ? `; answered in ${latency(waited.meanMs)} on average, ${latency(waited.maxMs)} at worst`
    : '';
  return (
    `${counted(requests, 'request')} through the gateway, ${counted(visibleFailures, 'failure')} that a client saw ` +
    `(${replayed.toLocaleString('en')} replayed, ${refused.toLocaleString('en')} refused)${waits}`
  );
}

function timesText(
  what: string,
  { count, mttdMs, mttrMs, worstMs }: ServiceReport['repair']['drills'],
): string {
  if (count === 0) return `${what}: none`;
  const times = [
    mttdMs === null ? null : `MTTD ${duration(mttdMs)}`,
    mttrMs === null ? null : `MTTR ${duration(mttrMs)}`,
    worstMs === null ? null : `worst ${duration(worstMs)}`,
  ];
  return `${what}: ${count}, ${times.filter((time) => time !== null).join(', ')}`;
}
