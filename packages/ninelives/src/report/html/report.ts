import type { IncidentReport, Report, ServiceReport } from '../model.js';
import { trafficText, watchingText } from '../text.js';
import { counted, duration, latency, percent, utc } from '../words.js';
import { html, type Markup } from './markup.js';
import { stripSvg } from './strip.js';
import { STYLE } from './style.js';
import { drillTable, gapTable, killTable, layerTable, matrixTable } from './tables.js';

/** The whole report as one file: nothing is fetched, nothing runs, and it prints. */
export function reportHtml(report: Report): string {
  const title = `ninelives report, ${utc(report.fromWallMs)} to ${utc(report.toWallMs)}`;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>${STYLE}</head><body>
<header><h1>What happened, ${duration(report.toWallMs - report.fromWallMs)} to ${utc(report.toWallMs)}</h1>
<p class="soft">From the guard's own record. Times are UTC. Available means: real inference was answered right.</p></header>
<main>${report.services.length === 0 ? html`<p>Nothing is guarded in this state folder yet.</p>` : null}
${report.services.map(serviceSection)}
${pagesLine(report)}</main></body></html>
`.text;
}

function serviceSection(service: ServiceReport): Markup {
  const { availability, incidents, kills, drills, watching } = service;
  return html`<section><h2>${service.name}</h2>
<p class="say">${service.sentence}</p>
${figures(service)}
${stripSvg(service.strip)}
<p class="soft">Each bar is a quarter of an hour of 72 h, in proportion otherwise; a mark on top is an incident (violet: a drill),
a thin line is time without a probe. Power: ${service.power} (${service.proof}).</p>
<h3>Incidents</h3>
${incidents.length === 0 ? html`<p>None.</p>` : incidents.map(incidentCard)}
<h3>Kills</h3>${kills.length === 0 ? html`<p>None.</p>` : killTable(kills)}
<h3>Drills</h3>${drills.length === 0 ? html`<p class="warn">No drill is on record: the recovery is not proved.</p>` : drillTable(drills)}
<h3>What was not seen</h3>
<p>Looked ${watchingText(service)}. Could not look in ${counted(availability.probes.unknown, 'probe')}; those count neither way.
Time without a look is left out of the availability. A fault is first seen by the next probe, so a loss may have begun up to one
interval before its first failure.</p>
${watching.gaps.length === 0 ? null : gapTable(watching.gaps)}
<p>Clients: ${trafficText(service.traffic)}.</p>
<h3>Layers</h3>${layerTable(service.layers.layers)}${matrixTable(service.layers)}</section>`;
}

function figures(service: ServiceReport): Markup {
  const { availability, repair, kills, traffic } = service;
  const { passed, failed } = availability.probes;
  const drills = availability.drillLostMs > 0 ? `${percent(availability.ratioWithDrills)} with drills` : '';
  const boxes: [title: string, value: string, more: string][] = [
    [
      'Available by real work',
      percent(availability.ratio),
      drills || `of ${duration(availability.watchedMs)}`,
    ],
    ['Lost', duration(availability.lostMs), `${counted(repair.incidents.count, 'incident')}, drills apart`],
    ['Time to detect', meanOf(repair.incidents.mttdMs, repair.drills.mttdMs), 'mean, from the first failure'],
    [
      'Time to repair',
      meanOf(repair.incidents.mttrMs, repair.drills.mttrMs),
      'mean, to the first right answer',
    ],
    ['Probes', `${passed.toLocaleString('en')}`, `right; ${counted(failed, 'failure')}`],
    ['Latency', availability.latency ? latency(availability.latency.meanMs) : 'not measured', worst(service)],
    ['Kills', String(kills.length), `${kills.filter(({ drill }) => drill).length} of them in drills`],
    traffic.measured
      ? [
          'Failures clients saw',
          String(traffic.visibleFailures),
          `of ${counted(traffic.requests, 'request')}`,
        ]
      : ['Failures clients saw', 'not measured', 'no gateway'],
  ];
  return html`<dl class="figures">${boxes.map(
    ([title, value, more]) => html`<div><dt>${title}</dt><dd>${value}<small>${more}</small></dd></div>`,
  )}</dl>`;
}

/** Of incidents; of drills where there was nothing else. */
function meanOf(incidents: number | null, drills: number | null): string {
  if (incidents !== null) return duration(incidents);
  return drills === null ? 'none' : `${duration(drills)} (drills)`;
}

function worst({ availability }: ServiceReport): string {
  return availability.latency ? `${latency(availability.latency.maxMs)} at worst` : 'no right answer';
}

function incidentCard(incident: IncidentReport): Markup {
  const kind = incident.drill ? 'of-drill' : incident.status === 'resolved' ? 'healed' : '';
  const ended = incident.untilWallMs === null ? 'and lasts' : `healed ${utc(incident.untilWallMs)}`;
  return html`<article class="incident ${kind}"><h4>${incident.sentence}</h4>
<p class="soft">${incident.id}${incident.drill ? ` · drill ${incident.drill}` : ''} · from ${utc(incident.fromWallMs)}, ${ended} ·
real work lost for ${duration(incident.lostMs)} · ${counted(incident.kills, 'kill')}
${incident.escalations > 0 ? ` · handed over ${counted(incident.escalations, 'time')}` : ''}
${incident.acknowledgedBy ? ` · ${incident.acknowledgedBy} was on it` : ''}</p>
${incident.cheap ? html`<p>Meanwhile ${incident.cheap}.</p>` : null}
<table><tbody>${incident.timeline.map(
    ({ afterMs, text, type }) =>
      html`<tr><td class="number">${duration(afterMs)}</td><td class="soft">${type}</td><td>${text}</td></tr>`,
  )}</tbody></table></article>`;
}

function pagesLine({ pages, madeWallMs }: Report): Markup | null {
  if (pages.pending === 0) return null;
  const oldest = pages.oldestPendingWallMs === null ? 0 : madeWallMs - pages.oldestPendingWallMs;
  return html`<p class="bad">${counted(pages.pending, 'page')} not delivered yet, the oldest for ${duration(oldest)}.</p>`;
}
