import { historyView } from '../history.js';
import { incidentsView } from '../model.js';
import type { DashboardOptions } from '../options.js';
import type { DashboardView } from '../view.js';
import { type Answer, json, refusal } from './gate.js';

const HOUR_MS = 60 * 60_000;
/** Ranges of the history, in hours, each with its number of buckets. */
const RANGES: { [hours: string]: number } = { 1: 60, 6: 72, 72: 288 };
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What can be read: the state, history, incidents, and Prometheus' text. */
export async function dataAnswer(
  url: URL,
  { record, ports }: DashboardOptions,
  view: () => DashboardView,
): Promise<Answer> {
  const service = url.searchParams.get('service') ?? record.services()[0] ?? '';
  const nowWallMs = ports.wallMs();
  switch (url.pathname) {
    case '/api/state':
      return json(view());
    case '/api/incidents':
      return json(incidentsView(record, service, nowWallMs));
    case '/api/history': {
      const hours = url.searchParams.get('hours') ?? '72';
      const buckets = Object.hasOwn(RANGES, hours) ? RANGES[hours] : undefined;
      if (!buckets) return refusal(400, `hours is one of ${Object.keys(RANGES).join(', ')}`);
      const rangeMs = Number(hours) * HOUR_MS;
      return json(historyView(record.minutes(service, nowWallMs - rangeMs), nowWallMs, rangeMs, buckets));
    }
    case '/metrics':
      return { status: 200, type: METRICS_TYPE, body: ports.metrics() };
    case '/metrics/gateway': {
      const text = await ports.gatewayMetrics(service);
      if (text === null) return refusal(404, `no gateway of ${service} answers`);
      return { status: 200, type: METRICS_TYPE, body: text };
    }
    default:
      return refusal(404, 'nothing here');
  }
}
