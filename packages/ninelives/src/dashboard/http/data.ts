import { clientPoints, historyView, MINUTE_MS, probePoints } from '../history.js';
import { incidentsView } from '../model.js';
import type { DashboardOptions } from '../options.js';
import { RECENT_MS } from '../recent.js';
import type { DashboardView, HistoryView } from '../view.js';
import { type Answer, json, refusal } from './gate.js';

const HOUR_MS = 60 * 60_000;
/** Ranges of the history, in hours, each with its number of buckets. */
const RANGES: { [hours: string]: number } = { 1: 60, 6: 72, 72: 288 };
const RECENT_BUCKETS = 120;
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** What can be read: the state, history, incidents, and Prometheus' text. */
export async function dataAnswer(
  url: URL,
  options: DashboardOptions,
  view: () => DashboardView,
): Promise<Answer> {
  const { record, ports } = options;
  const service = url.searchParams.get('service') ?? record.services()[0] ?? '';
  const nowWallMs = ports.wallMs();
  switch (url.pathname) {
    case '/api/state':
      return json(view());
    case '/api/incidents':
      return json(incidentsView(record, service, nowWallMs, ports.held(service)));
    case '/api/history': {
      const view = historyOf(options, service, url.searchParams.get('hours') ?? '72');
      return view ? json(view) : refusal(400, `hours is one of ${Object.keys(RANGES).join(', ')}, now`);
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

/** null: there is no such range. */
function historyOf({ record, ports }: DashboardOptions, service: string, hours: string): HistoryView | null {
  const nowWallMs = ports.wallMs();
  if (hours === 'now') {
    return historyView(ports.recent(service), {
      ...{ nowWallMs, rangeMs: RECENT_MS, buckets: RECENT_BUCKETS },
      pointMs: 0,
    });
  }
  const buckets = Object.hasOwn(RANGES, hours) ? RANGES[hours] : undefined;
  if (!buckets) return null;
  const rangeMs = Number(hours) * HOUR_MS;
  const since = nowWallMs - rangeMs;
  const probes = probePoints(record.minutes(service, since));
  const clients = clientPoints(record.traffic(service, since));
  return historyView({ probes, clients }, { nowWallMs, rangeMs, buckets, pointMs: MINUTE_MS });
}
