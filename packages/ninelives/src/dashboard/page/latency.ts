import type uPlot from 'uplot';
import { latency } from '../../report/words.js';
import type { HistoryView, IncidentsView } from '../view.js';
import { byId, h } from './dom.js';
import { clock, dayAndTime, shortTime } from './words.js';

/** uPlot's own file puts itself there; see http/files.ts. */
const loaded = () => globalThis as unknown as { uPlot: typeof uPlot };

const HEIGHT = 220;
/** The scale is logarithmic: a hold of ten seconds and an answer in ten milliseconds are both to be seen. */
const LEAST_MS = 1;
const DAY_MS = 24 * 60 * 60_000;
/** A drill of a few seconds is still to be seen among 72 hours. */
const BAND_MIN_PX = 3;

type Incident = IncidentsView[number];

/** How long right answers took the probe and, through the gateway, clients. One chart, kept, and given new data. */
export function createLatency(): (history: HistoryView | null, incidents: IncidentsView) => void {
  const element = byId('latency');
  const empty = h('p', { class: 'empty' }, 'no right answer in this time yet');
  let chart: uPlot | null = null;
  let incidents: Incident[] = [];
  let rangeMs = 0;

  const width = () => Math.max(200, element.clientWidth);

  function make(data: uPlot.AlignedData): uPlot {
    const axis = {
      stroke: style('--soft'),
      grid: { stroke: style('--line'), width: 1 },
      ticks: { stroke: style('--line') },
      font: '12px system-ui, sans-serif',
    };
    const value = (_: uPlot, ms: number | null) => (ms == null ? '–' : latency(ms));
    const time = (seconds: number) => (rangeMs > DAY_MS ? dayAndTime : shortTime)(seconds * 1_000);
    const line = (label: string, colour: string, more: Partial<uPlot.Series> = {}): uPlot.Series => ({
      ...{ label, value, stroke: style(colour), width: 2, points: { size: 4 }, spanGaps: false },
      ...more,
    });
    const slowest = { width: 1, dash: [4, 3], points: { show: false } };
    const { uPlot: Chart } = loaded();
    return new Chart(
      {
        width: width(),
        height: HEIGHT,
        cursor: { y: false },
        scales: {
          y: { distr: 3, range: (_, least, most) => [decade(least, Math.floor), decade(most, Math.ceil)] },
        },
        axes: [
          { ...axis, space: rangeMs > DAY_MS ? 110 : 60, values: (_, splits) => splits.map(time) },
          {
            ...{ ...axis, size: 64 },
            splits: (_, __, least, most) => decades(least, most),
            values: (_, splits) => splits.map(latency),
          },
        ],
        series: [
          { label: 'at', value: (_: uPlot, at: number | null) => (at == null ? '–' : clock(at * 1_000)) },
          line('probe', '--good'),
          line('its slowest', '--good', slowest),
          line('clients', '--link'),
          line('their slowest', '--link', slowest),
        ],
        hooks: { drawClear: [(drawn) => shade(drawn, incidents)] },
      },
      data,
      element,
    );
  }

  const redraw = () => {
    if (!chart) return;
    const { data } = chart;
    chart.destroy();
    chart = make(data);
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  new ResizeObserver(() => chart?.setSize({ width: width(), height: HEIGHT })).observe(element);

  return (history, touching) => {
    if (!history) return;
    incidents = touching;
    const times = history.passed.map((_, at) => (history.fromWallMs + (at + 0.5) * history.bucketMs) / 1_000);
    const columns = [history.meanMs, history.maxMs, history.clients.meanMs, history.clients.maxMs];
    const data: uPlot.AlignedData = [times, ...columns.map(drawable)];
    const range = history.bucketMs * history.passed.length;
    if (chart && range === rangeMs) chart.setData(data);
    else {
      chart?.destroy();
      rangeMs = range;
      chart = make(data);
    }
    if (columns.some((column) => column.some((ms) => ms !== null))) empty.remove();
    else element.append(empty);
  };
}

/** While an incident lasted. */
function shade({ ctx, bbox, valToPos }: uPlot, incidents: Incident[]): void {
  const right = bbox.left + bbox.width;
  for (const { fromWallMs, untilWallMs, drill } of incidents) {
    const until = untilWallMs === null ? right : valToPos(untilWallMs / 1_000, 'x', true);
    const from = Math.max(bbox.left, valToPos(fromWallMs / 1_000, 'x', true));
    if (until < bbox.left || from > right) continue;
    ctx.fillStyle = style(drill === null ? '--bad-back' : '--blind-back');
    ctx.fillRect(from, bbox.top, Math.max(BAND_MIN_PX, Math.min(right, until) - from), bbox.height);
  }
}

function style(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** The powers of ten within: more lines than these say nothing. */
function decades(least: number, most: number): number[] {
  const [from, to] = [Math.round(Math.log10(least)), Math.round(Math.log10(most))];
  return Array.from({ length: Math.max(0, to - from) + 1 }, (_, at) => 10 ** (from + at));
}

/** A logarithm has no zero. */
function drawable(column: (number | null)[]): (number | null)[] {
  return column.map((ms) => (ms === null ? null : Math.max(LEAST_MS, ms)));
}

/** The power of ten below or above; without data, 1 ms to 1 s. */
function decade(ms: number | null, to: (exponent: number) => number): number {
  if (ms === null) return to === Math.floor ? LEAST_MS : 1_000;
  const exponent = to(Math.log10(Math.max(LEAST_MS, ms)));
  return 10 ** (to === Math.ceil ? Math.max(1, exponent) : exponent);
}
